// The functions of OpenCL, found when a program first asks for devices: nothing links the library, and a
// machine without it has no devices.
//
// The declarations are those of the Khronos headers, OpenCL 1.2, whose binary interface is fixed: objects are
// pointers, flags are 64 bits, counts and names of facts 32, sizes a word. They stand here, so that no build needs
// the headers.

import Platform

/// The functions that are used here, by OpenCL's names without the prefix `cl`.
struct OpenCLLibrary: @unchecked Sendable {
  typealias Object = OpaquePointer
  typealias Objects = UnsafeMutablePointer<OpaquePointer?>
  typealias Status = UnsafeMutablePointer<Int32>
  typealias Sizes = UnsafePointer<Int>
  typealias Fact =
    @convention(c) (
      Object, UInt32, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?
    ) -> Int32
  typealias Release = @convention(c) (Object) -> Int32
  typealias Transfer =
    @convention(c) (
      Object, Object, UInt32, Int, Int, UnsafeMutableRawPointer, UInt32, Objects?, Objects?
    ) -> Int32

  let getPlatformIDs: @convention(c) (UInt32, Objects?, UnsafeMutablePointer<UInt32>?) -> Int32
  let getDeviceIDs:
    @convention(c) (Object, UInt64, UInt32, Objects?, UnsafeMutablePointer<UInt32>?) -> Int32
  let getDeviceInfo: Fact
  let createContext:
    @convention(c) (
      UnsafePointer<Int>?, UInt32, UnsafePointer<OpaquePointer?>, UnsafeRawPointer?,
      UnsafeMutableRawPointer?, Status
    ) -> Object?
  let createCommandQueue: @convention(c) (Object, Object, UInt64, Status) -> Object?
  let createBuffer:
    @convention(c) (Object, UInt64, Int, UnsafeMutableRawPointer?, Status) -> Object?
  let releaseMemObject: Release
  let enqueueReadBuffer: Transfer
  let enqueueWriteBuffer: Transfer
  let createProgramWithSource:
    @convention(c) (
      Object, UInt32, UnsafePointer<UnsafePointer<CChar>?>, Sizes?, Status
    ) -> Object?
  let buildProgram:
    @convention(c) (
      Object, UInt32, UnsafePointer<OpaquePointer?>, UnsafePointer<CChar>, UnsafeRawPointer?,
      UnsafeMutableRawPointer?
    ) -> Int32
  let getProgramBuildInfo:
    @convention(c) (
      Object, Object, UInt32, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?
    ) -> Int32
  let releaseProgram: Release
  let createKernel: @convention(c) (Object, UnsafePointer<CChar>, Status) -> Object?
  let setKernelArg: @convention(c) (Object, UInt32, Int, UnsafeRawPointer?) -> Int32
  let enqueueNDRangeKernel:
    @convention(c) (
      Object, Object, UInt32, Sizes?, Sizes, Sizes?, UInt32, Objects?, Objects?
    ) -> Int32
  let enqueueMarkerWithWaitList: @convention(c) (Object, UInt32, Objects?, Objects) -> Int32
  let getEventInfo: Fact
  let releaseEvent: Release
  let flush: Release

  /// The names that systems have for the library.
  private static let names = [
    "libOpenCL.so.1", "libOpenCL.so", "/System/Library/Frameworks/OpenCL.framework/OpenCL",
  ]

  /// A function that a library does not have.
  private struct Missing: Error {}

  /// The library of this machine; nil where there is none, or one without all of these functions.
  init?() {
    guard let library = OpenCLLibrary.names.lazy.compactMap({ dlopen($0, RTLD_NOW) }).first else {
      return nil
    }
    do {
      getPlatformIDs = try OpenCLLibrary.find("clGetPlatformIDs", in: library)
      getDeviceIDs = try OpenCLLibrary.find("clGetDeviceIDs", in: library)
      getDeviceInfo = try OpenCLLibrary.find("clGetDeviceInfo", in: library)
      createContext = try OpenCLLibrary.find("clCreateContext", in: library)
      createCommandQueue = try OpenCLLibrary.find("clCreateCommandQueue", in: library)
      createBuffer = try OpenCLLibrary.find("clCreateBuffer", in: library)
      releaseMemObject = try OpenCLLibrary.find("clReleaseMemObject", in: library)
      enqueueReadBuffer = try OpenCLLibrary.find("clEnqueueReadBuffer", in: library)
      enqueueWriteBuffer = try OpenCLLibrary.find("clEnqueueWriteBuffer", in: library)
      createProgramWithSource = try OpenCLLibrary.find("clCreateProgramWithSource", in: library)
      buildProgram = try OpenCLLibrary.find("clBuildProgram", in: library)
      getProgramBuildInfo = try OpenCLLibrary.find("clGetProgramBuildInfo", in: library)
      releaseProgram = try OpenCLLibrary.find("clReleaseProgram", in: library)
      createKernel = try OpenCLLibrary.find("clCreateKernel", in: library)
      setKernelArg = try OpenCLLibrary.find("clSetKernelArg", in: library)
      enqueueNDRangeKernel = try OpenCLLibrary.find("clEnqueueNDRangeKernel", in: library)
      enqueueMarkerWithWaitList = try OpenCLLibrary.find("clEnqueueMarkerWithWaitList", in: library)
      getEventInfo = try OpenCLLibrary.find("clGetEventInfo", in: library)
      releaseEvent = try OpenCLLibrary.find("clReleaseEvent", in: library)
      flush = try OpenCLLibrary.find("clFlush", in: library)
    } catch {
      return nil
    }
  }

  /// A function by its name; its type, which is that of its declaration in the headers, has a pointer's bits.
  private static func find<Function>(
    _ name: String, in library: UnsafeMutableRawPointer
  ) throws -> Function {
    guard let address = dlsym(library, name) else { throw Missing() }
    return unsafeBitCast(address, to: Function.self)
  }

  /// The devices of all platforms, in their order.
  func devices() -> [Object] {
    var platforms = [OpaquePointer?](repeating: nil, count: 64)
    var count: UInt32 = 0
    // No platform is an error to the loader.
    guard getPlatformIDs(64, &platforms, &count) == 0 else { return [] }
    return platforms.prefix(Int(min(count, 64))).compactMap { $0 }.flatMap { platform -> [Object] in
      var devices = [OpaquePointer?](repeating: nil, count: 64)
      var count: UInt32 = 0
      let all: UInt64 = 0xFFFF_FFFF
      guard getDeviceIDs(platform, all, 64, &devices, &count) == 0 else { return [] }
      return devices.prefix(Int(min(count, 64))).compactMap { $0 }
    }
  }

  /// A text that a device has to say of itself.
  func text(_ fact: UInt32, of device: Object) -> String {
    var size = 0
    guard getDeviceInfo(device, fact, 0, nil, &size) == 0, size > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    guard getDeviceInfo(device, fact, size, &bytes, nil) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A number that a device has to say of itself; 0 where it does not.
  func number(_ fact: UInt32, of device: Object) -> UInt64 {
    var value: UInt64 = 0
    guard getDeviceInfo(device, fact, MemoryLayout<UInt64>.size, &value, nil) == 0 else { return 0 }
    return value
  }
}
