// atoll inspect WORKER: what is in a worker, without running it.

import ArgumentParser
import Bundles
import JSON
import Manifests
import Sandbox

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is in a worker: tools, caps, imports, sizes, digests.",
    discussion: "A folder is built first when its bundle is missing or older than its source.")

  @Argument(help: "A worker's folder or bundle.", completion: .file()) var worker: String
  @Flag(help: "Print one JSON object.") var json = false
  @Option(help: "Write the module to this file.", completion: .file(extensions: ["wasm"])) var extractModule: String?

  func run() throws {
    let bundle = try Workshop.attempt { () throws(BundleError) in try Bundle.ready(worker) }.bundle
    if let extractModule { try Files.write(bundle.module, to: extractModule) }
    let shape: WasmShape
    do { shape = try WasmShape(bundle.module) } catch { throw Failure(.usage, "\(worker): \(error.message)") }
    if json { printJSON(bundle, shape) } else { printText(bundle, shape) }
  }

  private func printJSON(_ bundle: Bundle, _ shape: WasmShape) {
    let manifest = bundle.manifest
    JSONText.print {
      $0.member("name", manifest.name)
      $0.member("version", manifest.version)
      $0.member("description", manifest.description)
      $0.member("digest", bundle.digest)
      $0.member("kind", kind(bundle, shape))
      $0.member("module_bytes", bundle.module.count)
      if let engine = bundle.engineDigest {
        $0.member("engine_digest", engine)
        $0.member("sources", bundle.scriptFiles)
      }
      $0.member("imports", shape.imports.map { "\($0.module).\($0.name)" })
      $0.member("exports", shape.exports.map(\.name))
      $0.key("limits")
      $0.beginObject()
      $0.member("memory_bytes", manifest.limits.memoryBytes)
      $0.member("cpu_ms", manifest.limits.cpuMilliseconds)
      $0.member("wall_ms", manifest.limits.wallMilliseconds)
      $0.member("output_bytes", manifest.limits.outputBytes)
      $0.member("host_calls", manifest.limits.hostCalls)
      $0.member("upstream_bytes", manifest.limits.upstreamBytes)
      $0.endObject()
      $0.member("namespaces", manifest.namespaces)
      $0.key("upstreams")
      $0.beginArray()
      for upstream in manifest.upstreams {
        $0.beginObject()
        $0.member("name", upstream.name)
        $0.member("url", upstream.url)
        $0.member("methods", upstream.methods)
        // By name: what they say may be a secret.
        $0.member("headers", upstream.headers.map(\.name))
        $0.member("secrets", upstream.headers.flatMap(\.value.secrets))
        $0.endObject()
      }
      $0.endArray()
      if let ttl = manifest.sessionTimeToLive { $0.member("session_ttl_ms", ttl) }
      $0.key("tools")
      $0.beginArray()
      for tool in manifest.tools {
        $0.beginObject()
        $0.member("name", tool.name)
        $0.member("description", tool.description)
        $0.member("session", tool.session)
        $0.member("input", raw: tool.input.bytes)
        if let output = tool.output { $0.member("output", raw: output.bytes) }
        $0.endObject()
      }
      $0.endArray()
    }
  }

  private func printText(_ bundle: Bundle, _ shape: WasmShape) {
    let manifest = bundle.manifest
    let limits = manifest.limits
    Terminal.output("\(manifest.name) \(manifest.version)  \(manifest.description)")
    Terminal.output("digest   sha256:\(bundle.digest)")
    Terminal.output("module   \(kind(bundle, shape)), \(bundle.module.count / 1024) KiB")
    if let engine = bundle.engineDigest {
      Terminal.output("engine   sha256:\(engine)")
      Terminal.output("sources  \(TerminalLogHandler.printable(bundle.scriptFiles.joined(separator: ", ")))")
    }
    Terminal.output(
      "limits   memory \(limits.memoryBytes / 1024) KiB, cpu \(limits.cpuMilliseconds) ms, "
        + "wall \(limits.wallMilliseconds) ms, output \(limits.outputBytes / 1024) KiB, host calls \(limits.hostCalls)")
    if !manifest.namespaces.isEmpty { Terminal.output("kv       \(manifest.namespaces.joined(separator: ", "))") }
    for upstream in manifest.upstreams {
      let secrets = upstream.headers.flatMap(\.value.secrets)
      Terminal.output(
        "upstream \(upstream.name)  \(upstream.url)  \(upstream.methods.joined(separator: ", "))"
          + (secrets.isEmpty ? "" : "  with \(secrets.joined(separator: ", "))"))
    }
    if let ttl = manifest.sessionTimeToLive { Terminal.output("session  \(ttl / 1_000) s after its last use") }
    if bundle.engineDigest == nil {
      Terminal.output("imports  \(shape.imports.map { "\($0.module).\($0.name)" }.joined(separator: ", "))")
    }
    for tool in manifest.tools { Terminal.output("tool     \(tool.name)  \(tool.description)") }
  }

  private func kind(_ bundle: Bundle, _ shape: WasmShape) -> String {
    if bundle.engineDigest != nil { return "image" }
    return shape.export("_start") == nil ? "reactor" : "command"
  }
}
