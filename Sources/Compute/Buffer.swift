// SPDX-License-Identifier: Apache-2.0

/// Scratch memory for kernels: elements at a 64-byte boundary, kept between calls and freed with the object.
///
/// A class, because scratch has one owner and is handed around by reference; not for sharing between threads.
package final class Buffer<Element: BitwiseCopyable> {
  /// Valid until the next call that needs more room.
  package private(set) var pointer: UnsafeMutablePointer<Element>
  package private(set) var capacity: Int

  /// Room for `capacity` elements, all bytes zero.
  package init(capacity: Int = 0) {
    self.capacity = max(capacity, 1)
    pointer = Buffer.allocate(self.capacity)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// The pointer, after making room for `count` elements. Old contents are lost (and all bytes zero) when it has to grow.
  @discardableResult
  package func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > capacity {
      UnsafeMutableRawPointer(pointer).deallocate()
      capacity = max(count, capacity + capacity / 2)
      pointer = Buffer.allocate(capacity)
    }
    return pointer
  }

  package subscript(index: Int) -> Element {
    get { pointer[index] }
    set { pointer[index] = newValue }
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    let byteCount = count * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return raw.bindMemory(to: Element.self, capacity: count)
  }
}

/// Working memory of linear maps: one object per thread, reused from call to call.
///
/// A class for the reason `Buffer` is one.
package final class Scratch {
  package enum Slot: Int, CaseIterable { case columns, result, padded }

  private let slots: [Buffer<UInt8>] = Slot.allCases.map { _ in Buffer() }

  package init() {}

  /// Room for `count` elements; overwritten by the next call that names the same slot.
  package func reserve<Scalar: KernelScalar>(
    _ slot: Slot, _ count: Int, of _: Scalar.Type = Scalar.self
  ) -> UnsafeMutablePointer<Scalar> {
    let raw = UnsafeMutableRawPointer(slots[slot.rawValue].reserve(count * MemoryLayout<Scalar>.stride))
    return raw.bindMemory(to: Scalar.self, capacity: count)
  }
}
