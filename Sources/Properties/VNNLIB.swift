// SPDX-License-Identifier: Apache-2.0

/// Reader of VNN-LIB 1.0.
///
/// Comes in: the bytes of a property file. Goes out: a `Query` that an assignment satisfies if and only if it satisfies every assertion
/// of the file, read over the real numbers. Whatever the reader does not understand is an error with its line and column.
///
///     (declare-const X_0 Real) (declare-const Y_0 Real)
///     (assert (>= X_0 -1)) (assert (<= X_0 1))
///     (assert (or (<= Y_0 -5) (>= Y_0 5)))              ; one region, two disjuncts
///
/// Numbers are exact: sums and products of literals are computed as decimals, and each number of the query is the tightest enclosure
/// of its exact value. The grammar is in docs/formats/properties.md.
package enum VNNLIB {
  /// - Complexity: O(bytes) plus the size of the disjunctive normal form.
  package static func parse(_ bytes: [UInt8]) throws(VNNLIBError) -> Query {
    var parser = VNNLIBParser(bytes)
    return try parser.parse()
  }
}

extension Query {
  /// Throws unless the counts of the file are those of the model.
  package func check(against inputCount: Int, outputCount: Int) throws(VNNLIBError) {
    guard self.inputCount == inputCount else {
      throw VNNLIBError(.inputCount(file: self.inputCount, model: inputCount), at: nil)
    }
    guard self.outputCount == outputCount else {
      throw VNNLIBError(.outputCount(file: self.outputCount, model: outputCount), at: nil)
    }
  }
}
