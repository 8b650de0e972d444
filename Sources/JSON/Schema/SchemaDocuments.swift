// The documents that a schema consists of, and what can be referred to in them.
import CYYJSON

/// A parsed schema document; its memory holds the names and constants that a compiled schema points to.
final class SchemaDocument {
  /// What it is known by; empty for the author's.
  let uri: String
  private let document: JSONDocument
  let root: Value

  init(_ bytes: [UInt8], uri: String, limits: JSONSchemaLimits) throws(JSONSchemaError) {
    guard bytes.count <= limits.schemaBytes else {
      throw JSONSchemaError(
        .tooLarge, "the schema has \(bytes.count) bytes, more than the \(limits.schemaBytes) allowed", at: uri)
    }
    do {
      document = try JSONDocument(bytes)
    } catch {
      throw JSONSchemaError(error.code == .tooDeep ? .tooLarge : .notJSON, error.description, at: uri)
    }
    if let key = JSONScanner.duplicateKey(anywhereIn: bytes.span) {
      let name = JSONScanner.text(ofKey: key, in: bytes.span)
      throw JSONSchemaError(
        .notJSON, "the key \(quoted(name)) is there twice (at byte \(key.lowerBound)); remove one", at: uri)
    }
    self.uri = uri
    root = document.pointer.pointee.root
  }

  func contains(_ value: Value) -> Bool {
    let size = Int(document.pointer.pointee.val_read)
    return root <= value && value < root + size
  }
}

/// A schema with an identity of its own: a document, or a part of one that has `$id` (2020-12 core, section 9.1).
struct SchemaResource {
  var uri: String
  var root: Value
  var vocabularies: Vocabularies
  var anchors: [String: Value] = [:]
  var dynamicAnchors: [String: Value] = [:]
}

/// The vocabularies that have keywords we enforce.
struct Vocabularies: OptionSet {
  let rawValue: UInt8
  static let applicator = Vocabularies(rawValue: 1)
  static let unevaluated = Vocabularies(rawValue: 2)
  static let validation = Vocabularies(rawValue: 4)
  static let all: Vocabularies = [.applicator, .unevaluated, .validation]
}

/// Finds schemas by URI. Loads documents as they are referred to, from what it was given.
final class SchemaRegistry {
  let limits: JSONSchemaLimits
  private let remotes: [String: [UInt8]]
  /// Whether documents are checked against their meta-schema; not so for the meta-schemas themselves.
  private let checksDialect: Bool
  private(set) var documents: [SchemaDocument] = []
  private(set) var resources: [SchemaResource] = []
  private var byURI: [String: Int32] = [:]
  private var resourceOf: [Value: Int32] = [:]

  init(limits: JSONSchemaLimits, remotes: [String: [UInt8]], checksDialect: Bool) {
    self.limits = limits
    self.remotes = remotes
    self.checksDialect = checksDialect
  }

  /// Loads a document and gives its root.
  func load(_ bytes: [UInt8], uri: String) throws(JSONSchemaError) -> Value {
    let document = try SchemaDocument(bytes, uri: uri, limits: limits)
    documents.append(document)
    let vocabularies = try dialect(of: document)
    let resource = addResource(uri: uri, root: document.root, vocabularies: vocabularies)
    try index(document.root, resource: resource)
    return document.root
  }

  func resource(of value: Value) -> Int32? { resourceOf[value] }

  /// Where a value is, for error messages.
  func location(of value: Value) -> String {
    guard let document = documents.first(where: { $0.contains(value) }) else { return "" }
    return document.uri + (document.uri.isEmpty ? "" : "#") + document.root.pointer(to: value)
  }

  // MARK: References

  struct Target {
    var value: Value
    /// The anchor's name, when the reference ended in one that `$dynamicAnchor` made.
    var dynamicAnchor: String?
  }

  /// What a `$ref` in the schema `source` leads to.
  func resolve(_ reference: String, from source: Value) throws(JSONSchemaError) -> Target {
    let base = resources[Int(resourceOf[source]!)].uri
    let uri = SchemaURI(reference).resolved(against: SchemaURI(base))
    func unresolved(_ why: String) -> JSONSchemaError {
      JSONSchemaError(.unresolvedReference, "\(quoted(reference)) \(why)", at: location(of: source))
    }
    guard let resource = try find(uri.resource) else {
      throw unresolved(
        "leads to \(quoted(uri.resource)), which is not known here; references are never fetched: "
          + "put that schema under $defs, with its $id")
    }
    guard let fragment = uri.decodedFragment else { throw unresolved("has a fragment that is not UTF-8") }
    if fragment.isEmpty { return Target(value: resources[Int(resource)].root) }
    if fragment.hasPrefix("/") {
      guard let value = try follow(fragment, from: resource) else {
        throw unresolved("leads nowhere: there is no \(quoted(fragment)) in that schema")
      }
      return Target(value: value)
    }
    guard let value = resources[Int(resource)].anchors[fragment] else {
      throw unresolved("leads nowhere: no schema there has the $anchor \(quoted(fragment))")
    }
    let isDynamic = resources[Int(resource)].dynamicAnchors[fragment] != nil
    return Target(value: value, dynamicAnchor: isDynamic ? fragment : nil)
  }

  private func find(_ uri: String) throws(JSONSchemaError) -> Int32? {
    if let known = byURI[uri] { return known }
    guard let bytes = remotes[uri] ?? MetaSchemas.text(of: uri).map({ Array($0.utf8) }) else { return nil }
    let root = try load(bytes, uri: uri)
    return byURI[uri] ?? resourceOf[root]
  }

  /// Follows a JSON pointer. A schema that is met where no keyword of ours leads is indexed now.
  private func follow(_ pointer: String, from resource: Int32) throws(JSONSchemaError) -> Value? {
    var value = resources[Int(resource)].root
    var current = resource
    for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let key = unescapedPointerToken(token) else { return nil }
      if value.isArray {
        guard let place = Int(key), String(place) == key, value.items.indices.contains(place) else { return nil }
        value = value.items[place]
      } else {
        guard let member = value.member(key) else { return nil }
        value = member
      }
      current = resourceOf[value] ?? current
    }
    guard value.isObject || value.isBool else { return nil }
    if resourceOf[value] == nil { try index(value, resource: current) }
    return value
  }

  // MARK: Indexing

  private func addResource(uri: String, root: Value, vocabularies: Vocabularies) -> Int32 {
    let number = Int32(resources.count)
    resources.append(SchemaResource(uri: uri, root: root, vocabularies: vocabularies))
    if byURI[uri] == nil { byURI[uri] = number }
    return number
  }

  /// Notes the resource of each schema from here on, and the identifiers. Goes only where keywords hold schemas: an
  /// `$id` in an `enum` is data.
  private func index(_ start: Value, resource: Int32) throws(JSONSchemaError) {
    var pending: [(value: Value, resource: Int32)] = [(start, resource)]
    while let (schema, parent) = pending.popLast() {
      var resource = parent
      guard schema.isObject || schema.isBool, resourceOf[schema] == nil else { continue }
      if schema.isObject { resource = try identify(schema, in: resource) }
      resourceOf[schema] = resource
      guard resourceOf.count <= limits.subschemas else {
        throw JSONSchemaError(
          .tooLarge, "the schema has more than \(limits.subschemas) subschemas", at: location(of: schema))
      }
      for (key, value) in schema.entries {
        if SchemaKeywords.holdingOne.contains(key) {
          pending.append((value, resource))
        } else if SchemaKeywords.holdingList.contains(key) {
          pending += value.items.map { ($0, resource) }
        } else if SchemaKeywords.holdingMap.contains(key) {
          pending += value.entries.map { ($0.value, resource) }
        }
      }
    }
  }

  /// Reads `$id`, `$anchor` and `$dynamicAnchor`; gives the resource that the schema belongs to.
  private func identify(_ schema: Value, in parent: Int32) throws(JSONSchemaError) -> Int32 {
    var resource = parent
    if let id = schema.member("$id")?.text {
      let uri = SchemaURI(id).resolved(against: SchemaURI(resources[Int(parent)].uri)).resource
      if resources[Int(parent)].root == schema {
        // The document's own name: it is known by both.
        resources[Int(parent)].uri = uri
        if byURI[uri] == nil { byURI[uri] = parent }
      } else {
        let vocabularies = try vocabularies(of: schema) ?? resources[Int(parent)].vocabularies
        resource = addResource(uri: uri, root: schema, vocabularies: vocabularies)
      }
    }
    for (keyword, isDynamic) in [("$anchor", false), ("$dynamicAnchor", true)] {
      guard let name = schema.member(keyword)?.text else { continue }
      if let other = resources[Int(resource)].anchors[name], other != schema {
        throw JSONSchemaError(
          .invalidSchema, "the anchor \(quoted(name)) is also at \(location(of: other)); rename one",
          at: location(of: schema))
      }
      resources[Int(resource)].anchors[name] = schema
      if isDynamic { resources[Int(resource)].dynamicAnchors[name] = schema }
    }
    return resource
  }

  // MARK: Dialects

  /// Checks the document against its meta-schema, and gives the vocabularies that this switches on.
  private func dialect(of document: SchemaDocument) throws(JSONSchemaError) -> Vocabularies {
    let vocabularies = try vocabularies(of: document.root) ?? .all
    guard checksDialect else { return vocabularies }
    let name = document.root.member("$schema")?.text.map(Self.withoutEmptyFragment) ?? MetaSchemas.dialect
    let metaSchema: JSONSchema
    if name == MetaSchemas.dialect || name == document.root.member("$id")?.text {
      metaSchema = MetaSchemas.compiled
    } else {
      metaSchema = try JSONSchema(metaSchema: remotes[name] ?? [], uri: name, limits: limits, remotes: remotes)
    }
    let violations = metaSchema.validate(JSONValue(document.root))
    if let first = violations.first {
      throw JSONSchemaError(
        .invalidSchema, "not a valid schema: \(first.message)",
        at: document.uri + (document.uri.isEmpty ? "" : "#") + first.instancePath)
    }
    return vocabularies
  }

  /// What `$schema` says; nil where there is none.
  private func vocabularies(of schema: Value) throws(JSONSchemaError) -> Vocabularies? {
    guard let stated = schema.member("$schema") else { return nil }
    func unknown(_ why: String) -> JSONSchemaError {
      JSONSchemaError(.unknownDialect, why, at: location(of: stated))
    }
    guard let text = stated.text else { throw unknown("$schema must be a string") }
    let name = Self.withoutEmptyFragment(text)
    if name == MetaSchemas.dialect { return .all }
    guard let bytes = remotes[name] else {
      throw unknown(
        "the dialect \(quoted(text)) is not supported; write the schema in \(quoted(MetaSchemas.dialect)), or leave "
          + "$schema out, which means the same")
    }
    let document = try SchemaDocument(bytes, uri: name, limits: limits)
    if let own = document.root.member("$schema")?.text.map(Self.withoutEmptyFragment), own != MetaSchemas.dialect {
      throw unknown("the dialect \(quoted(text)) is itself written in \(quoted(own)), which is not supported")
    }
    guard let list = document.root.member("$vocabulary") else { return .all }
    var found: Vocabularies = []
    for (uri, required) in list.entries {
      if let known = MetaSchemas.vocabularies[uri] {
        found.formUnion(known)
      } else if required.isBool, JSONValue(required).bool == true {
        throw unknown("the dialect \(quoted(text)) requires the vocabulary \(quoted(uri)), which is not supported")
      }
    }
    return found
  }

  private static func withoutEmptyFragment(_ uri: String) -> String {
    uri.hasSuffix("#") ? String(uri.dropLast()) : uri
  }
}

/// Which keywords hold schemas.
enum SchemaKeywords {
  static let holdingOne: Set<String> = [
    "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema",
  ]
  static let holdingList: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
  static let holdingMap: Set<String> = [
    "$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies",
  ]
}
