// A schema that no node could use fails the build, not the start of a node.
internal import JSON
internal import Manifests

extension Build {
  /// Compiles every tool's schemas, and throws the first mistake with its tool and file.
  func compileSchemas() throws(BundleError) {
    for tool in manifest.tools {
      try compile(tool.input, key: "input", of: tool)
      if let output = tool.output { try compile(output, key: "output", of: tool) }
    }
  }

  private func compile(_ schema: SchemaSource, key: String, of tool: Tool) throws(BundleError) {
    do throws(JSONSchemaError) { _ = try JSONSchema(schema.bytes) } catch {
      let file = schema.file ?? Manifest.fileName
      throw BundleError(
        .badManifest, "\(folder)/\(file): `\(key)` of tool `\(tool.name)` is not a usable JSON Schema: \(error)",
        cause: error)
    }
  }
}
