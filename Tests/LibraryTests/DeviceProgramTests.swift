// Programs whose tensors live on a device. Where no OpenCL driver is there the suite is skipped, and the run says so;
// `make test` installs pocl.

import Devices
import Language
import Syntax
import Tensors
import TestSupport
import Testing

@Suite(
  "programs on a device",
  .enabled(
    if: (try? DeviceList.all())?.contains(where: \.hasDoubles) == true,
    "no OpenCL driver is here: apt-get install pocl-opencl-icd"))
struct DeviceProgramTests {
  /// A run that has the time to build kernels, as the first of a machine has to.
  private func run(_ program: String) -> SandboxRun { SandboxRun(program, .all, seconds: 60) }

  @Test(arguments: [
    ("let x = tensor([1.0, 2.0], device=\"gpu\")\nx.device", "opencl:0"),
    ("[1.0, 2.0].to(\"opencl:0\").to(\"cpu\").device", "cpu"),
    ("[1.5, 2.5].to(f32, device=\"gpu\").dtype", "f32"),
    ("[1.0, 2.0].to(devices()[1]) * 2 + 1", "[3.0, 5.0]"),
    ("accelerated_op_available((\"cpu\", \"opencl:0\", \"gpu\"))", "true"),
    ("accelerated_op_available(\"opencl:99\")", "false"),
    ("let x = [3.0, 4.0].to(\"gpu\")\nif sqrt(sum(x * x)) == 5.0 { \"five\" }", "five"),
    ("let x = [1.0, 2.0].to(\"gpu\")\nx[0] = 7.0\nx", "[7.0, 2.0]"),
    (
      "let p = param([1.0, 2.0])\nbackward(sum(p.to(\"gpu\") ** 2))\n\"{p.grad} {p.grad.device}\"",
      "[2.0, 4.0] cpu"
    ),
    (
      "let t = {w: param(1.0), v: [2.0]}.to(\"gpu\")\n\"{t.w.device} {t.v.device}\"",
      "opencl:0 opencl:0"
    ),
    ("hessian(x => sum(x ** 3), [1.0, 2.0].to(\"gpu\")).tolist()", "((6.0, 0.0), (0.0, 12.0))"),
    ("vmap(r => sum(r * r))([[1.0, 2.0], [3.0, 4.0]].to(\"gpu\"))", "[5.0, 25.0]"),
    ("check_grad(x => sum(exp(x) * sin(x)), [0.1, 0.2].to(\"gpu\"))", "true"),
    ("jvp(x => x * x, [3.0].to(\"gpu\"), [1.0].to(\"gpu\"))[1].device", "opencl:0"),
    (
      "let f = compile(grad(x => sum(sin(x) * x)))\nlet x = [0.0].to(\"gpu\")\nf(x)\nf(x)\nf(x).device",
      "opencl:0"
    ),
    (
      "let f = compile(x => x.to(\"gpu\") * 2)\nf([1.0])\nf([1.0])\n\"{f([2.0])} {f([2.0]).device}\"",
      "[4.0] opencl:0"
    ),
  ])
  func `give what they say`(_ program: String, _ expected: String) {
    let run = run(program)
    #expect(run.output == expected, "\(program): \(run.text)")
  }

  /// Both ways of a program, which takes the place as `place`.
  private func outputs(_ program: String) -> (here: String, there: String) {
    let runs = ["cpu", "opencl:0"].map { run("let place = \"\($0)\"\n" + program).text }
    return (runs[0], runs[1])
  }

  @Test(arguments: [
    "SGD(net, lr=0.1)", "SGD(net, lr=0.1, momentum=0.9, nesterov=true)", "Adam(net, lr=0.1)",
    "AdamW(net, lr=0.1)", "RMSProp(net, lr=0.1)", "AdaGrad(net, lr=0.1)", "AdaDelta(net, lr=0.1)",
    "RAdam(net, lr=0.1)", "AdaMax(net, lr=0.1)",
    "Adam(net, lr=exponential_decay(0.1, decay_rate=0.9))",
    "Optimizer(net, clip_grad_norm(0.5), adam(0.1))",
  ])
  func `train as on the processor`(_ optimizer: String) {
    let (here, there) = outputs(
      """
      model Line() { param w = [[0.5], [-0.5]]; param b = 0.0; fn forward(x) { x @ self.w + self.b } }
      let net = Line().to(place)
      let x = tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], device=place)
      let y = tensor([[1.0], [0.0], [2.0]], device=place)
      let optim = \(optimizer)
      for i in 0..5 { optim.step(mean((net(x) - y) ** 2)) }
      "{net.w[0, 0].item():.6f} {net.w[1, 0].item():.6f} {net.b.item():.6f}"
      """)
    #expect(here == there)
    #expect(here.contains("."), "\(here)")
  }

  @Test func `are differentiated twice through Adam's fused steps`() {
    let (here, there) = outputs(
      """
      let x = tensor([[1.0, 2.0], [3.0, -1.0]], device=place)
      let a = tensor([0.3, -0.2], device=place)
      fn outer(a) {
          let w = param(tensor([0.1, 0.2], device=place))
          let optim = MetaAdam(w, lr=0.1, use_accelerated_op=true)
          for i in 0..3 { optim.step(sum((x @ (w + a)) ** 2)) }
          sum((x @ w) ** 2)
      }
      let (g, h) = (grad(outer)(a), hessian(outer, a))
      "{g[0].item():.8f} {g[1].item():.8f} {h[0, 1].item():.7f} {h[1, 1].item():.7f}"
      """)
    #expect(here == there && here.contains("."), "\(here), \(there)")
  }

  @Test func `put state to a device and back`() {
    let (here, there) = outputs(
      """
      model Line() { param w = [1.0, 2.0]; buffer n = [3.0] }
      let net = Line()
      let start = extract_state(net, by="deepcopy", device=place)
      net.w.value = [9.0, 9.0]
      recover_state(net, start)
      let copy = module_clone(net, by="copy", device="cpu")
      backward(sum(copy.w ** 2))
      "{net.w.device == place} {net.n.device == place} {copy.w.device} {net.w.grad} {net.w.grad.device == place}"
      """)
    #expect(here == "true true cpu [2.0, 4.0] true" && there == here, "\(here), \(there)")
  }

  @Test func `take a file's state to where the target lives`() {
    Files.withTemporaryFolder { folder in
      let (here, there) = outputs(
        """
        model Line() { param w = [1.0, 2.0]; buffer n = [3.0] }
        let net = Line().to(place)
        let optim = Adam(net, lr=0.1)
        optim.step(sum(net.w ** 2))
        save(extract_state((net, optim)), "\(folder)/state.safetensors")
        let old = net.w.to("cpu")
        optim.step(sum(net.w ** 2))
        recover_state((net, optim), load("\(folder)/state.safetensors"))
        let isBack = all(net.w.to("cpu") == old)
        optim.step(sum(net.w ** 2))
        "{isBack} {net.w.device == place} {net.n.device == place} {net.w[0].item():.6f}"
        """)
      #expect(here == there && here.hasPrefix("true true true 0."), "\(here), \(there)")
    }
  }

  @Test func `of two places are told`() {
    let run = SandboxRun("[1.0, 2.0].to(\"gpu\") * [1.0, 2.0]", .all)
    #expect(run.text.contains("multiply takes operands of one place"), "\(run.text)")
    #expect(run.text.contains("\"opencl:0\"") && run.text.contains("\"cpu\""))
  }

  @Test func `need the host's leave`() {
    for program in ["devices()", "[1.0].to(\"gpu\")", "tensor(1.0, device=\"cuda\")"] {
      #expect(SandboxRun(program, [.clock]).isRefused, "\(program)")
    }
    #expect(SandboxRun("[1.0].to(\"cpu\").device", []).output == "cpu")
  }

  @Test func `end where a limit of memory is reached, and nothing is lost`() {
    let run = SandboxRun(
      "let kept = ()\nfor i in 0..100 { kept.push(x + i) }", .all,
      prepare: {
        $0.limits.memory = 100 << 20
        _ = try $0.run(Source(name: "<first>", text: "let x = ones(1000000).to(\"gpu\")"))
      },
      afterwards: {
        try $0.run(Source(name: "<last>", text: "kept = ()\nsum(x).item()")).description()
      })
    #expect(run.error?.diagnostic.kind == "limit" && run.output == "1000000.0", "\(run.text)")
  }

  @Test func `end in the midst of a loop on a device when their time is over`() {
    let run = SandboxRun("let x = ones(100000).to(\"gpu\")\nwhile true { x = sin(x) }", .all)
    #expect(run.error?.diagnostic.kind == "limit", "\(run.text)")
  }
}
