// The sandbox's part in a build.
internal import Manifests
internal import Sandbox

extension BuildChecks {
  static let sandbox = BuildChecks(
    initialize: { _, _, _ throws(BundleError) in
      throw BundleError(.badModule, "stub")
    },
    verify: { wasm, _, _ throws(BundleError) in
      do throws(SandboxError) { _ = try WasmShape(wasm) } catch {
        throw BundleError(.badModule, error.message, cause: error)
      }
    })
}
