// SPDX-License-Identifier: Apache-2.0
package import CertificateFormat
import Exact
package import Graph
import ONNX
package import Program

/// A model file: its bytes, what the trusted reader made of them, and the prover's form.
package struct LoadedModel: Sendable {
  package let path: String
  package let bytes: [UInt8]
  package let digest: Digest
  package let graph: Graph
  package let program: Program

  package init(path: String) throws(UserError) {
    self.path = path
    do {
      bytes = try readFile(at: path)
    } catch {
      throw .badInput(error)
    }
    do {
      graph = try ONNXReader.read(bytes, path: path)
      program = try Program(graph)
    } catch {
      throw UserError(.badInput, "\(path): \(error)")
    }
    digest = Digest(of: bytes)
  }
}
