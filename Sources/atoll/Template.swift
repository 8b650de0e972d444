// What `atoll new` writes: the smallest worker of each language that is still a good one.

struct Template {
  let path: String
  let text: String

  static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 64, (0x61...0x7A).contains(first) else { return false }
    return bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  static func files(language: New.Language, worker: String) -> [Template] {
    switch language {
    case .javascript: [manifest(worker, "javascript", "worker.js"), schema, javaScript, readme(worker)]
    case .typescript:
      [manifest(worker, "typescript", "worker.ts"), schema, typeScript, compilerOptions, readme(worker, types: true)]
    case .swift: [manifest(worker, "swift", "worker.swift"), schema, swift, readme(worker)]
    case .c: [manifest(worker, "c", "worker.c"), schema, c, readme(worker)]
    }
  }

  private static func manifest(_ worker: String, _ language: String, _ entry: String) -> Template {
    Template(
      path: "atoll.toml",
      text: """
        name = "\(worker)"
        version = "0.1.0"
        description = "Says hello"

        [source]
        language = "\(language)"
        entry = "\(entry)"

        [limits]                 # per call; each one binds
        memory = "16MiB"
        cpu_ms = 50
        wall_ms = 5000

        [[tools]]
        name = "greet"
        title = "Greeting"
        description = "Greets someone by name"
        input = "schemas/greet.json"
        read_only = true

        """)
  }

  private static let schema = Template(
    path: "schemas/greet.json",
    text: """
      {
        "type": "object",
        "properties": {
          "name": { "type": "string", "minLength": 1, "maxLength": 200, "description": "Whom to greet" }
        },
        "required": ["name"],
        "additionalProperties": false
      }

      """)

  private static let javaScript = Template(
    path: "worker.js",
    text: """
      import { ToolError } from "atoll";

      export default {
        tools: {
          greet({ name }) {
            if (name === "nobody") throw new ToolError("There is nobody to greet.");
            return `Hello, ${name}!`;
          },
        },
      };

      """)

  private static let typeScript = Template(
    path: "worker.ts",
    text: """
      import { ToolError, type Worker } from "atoll";

      const worker: Worker = {
        tools: {
          greet({ name }) {
            if (name === "nobody") throw new ToolError("There is nobody to greet.");
            return `Hello, ${name}!`;
          },
        },
      };

      export default worker;

      """)

  /// For the editor and tsc: esbuild removes types and checks none. Without the DOM library, since atoll.d.ts declares
  /// what a worker has.
  private static let compilerOptions = Template(
    path: "tsconfig.json",
    text: """
      {
        "compilerOptions": {
          "target": "ES2022",
          "lib": ["ES2022"],
          "module": "ESNext",
          "moduleResolution": "node",
          "resolveJsonModule": true,
          "types": [],
          "strict": true,
          "noEmit": true
        }
      }

      """)

  private static let swift = Template(
    path: "worker.swift",
    text: """
      import AtollWorker

      @main struct Greeter: Worker {
        static let tools = [
          Tool("greet") { (arguments) throws(ToolError) in
            .text("Hello, \\(try arguments.string("name"))!")
          }
        ]
      }

      """)

  /// A WASI command: the request on standard input, the answer on standard output.
  private static let c = Template(
    path: "worker.c",
    text: #"""
      // A WASI command: the request is on standard input, the answer goes to standard output.
      // Text that is not JSON is answered as one block of text; an exit code other than 0 is a tool
      // error, with the last line of standard error as its message.
      #include <stdio.h>
      #include <string.h>

      int main(void) {
        static char request[65536];
        size_t count = fread(request, 1, sizeof request - 1, stdin);
        request[count] = 0;

        // The host has checked the arguments against the schema; this reads {"name":"…"} without escapes.
        const char *key = strstr(request, "\"arguments\"");
        const char *name = key ? strstr(key, "\"name\"") : NULL;
        const char *start = name ? strchr(name + 6, '"') : NULL;
        const char *end = start ? strchr(start + 1, '"') : NULL;
        if (!end) {
          fprintf(stderr, "name is missing\n");
          return 1;
        }
        printf("Hello, %.*s!\n", (int)(end - start - 1), start + 1);
        return 0;
      }

      """#)

  private static func readme(_ worker: String, types: Bool = false) -> Template {
    Template(
      path: "README.md",
      text: """
        # \(worker)

            atoll serve .                              # build it and serve it
            atoll call . greet '{"name":"Ada"}'        # call it without a server
            atoll dev .                                # serve it and rebuild it on every change
        \(types ? "    atoll types .                              # write atoll.d.ts again, after a schema changed\n" : "")
        """)
  }
}
