// Gradients by differences, products and trajectories of torchzero 0.4.4 in f64 (PyTorch 2.15, CPU).
//
// Functions: rosen (1 - x)² + 100 (y - x²)² at (-1.1, 2.5), booth at (0, -8), ill x² + y² + 1.99999 x y
// at (-9, 2.5), lstsq (2x + 3y - 5)² + (5x - 2y - 3)² at (-0.9, 0). `tz.Optimizer([x], tz.m.FDM(h,
// formula), tz.m.LR(…))` and so on, with the gradient read from the replaced closure; the randomized
// gradients have their perturbations set to z. Evaluations count the closure's calls, with the one
// that the replaced closure adds for formulas that do without f(x). torchzero restores parameters
// inexactly, so trajectories agree to about 1e-6. Left out are steps whose points are rounding alone:
// those after convergence, and all of Newton's method on ill, whose condition is 4e5.

enum TorchzeroReference {
  /// A gradient by differences.
  struct Differences {
    var function: String
    var h: Double
    var formula: String
    var directions: [[Double]] = []
    var gradient: [Double]
    var evaluations: Int
  }

  /// A step of a trajectory: the point after it, the loss there, all evaluations so far.
  struct Step {
    var point: [Double]
    var loss: Double
    var evaluations: Int
  }

  static let coordinates = [
    Differences(
      function: "rosen", h: 0.1, formula: "forward2",
      gradient: [581.8000000000006, 268.0000000000004],
      evaluations: 3),
    Differences(
      function: "rosen", h: 0.1, formula: "backward2", gradient: [536.2, 248.0000000000001],
      evaluations: 3),
    Differences(
      function: "rosen", h: 0.1, formula: "central2",
      gradient: [558.9999999999999, 258.0000000000002],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.1, formula: "forward3",
      gradient: [571.600000000001, 258.0000000000005],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.1, formula: "backward3", gradient: [572.8, 258.00000000000125],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.1, formula: "central4",
      gradient: [563.4000000000002, 257.9999999999997],
      evaluations: 9),
    Differences(
      function: "rosen", h: 0.001, formula: "forward2",
      gradient: [563.6265600999764, 258.0999999999847],
      evaluations: 3),
    Differences(
      function: "rosen", h: 0.001, formula: "backward2",
      gradient: [563.1725598998969, 257.8999999999496],
      evaluations: 3),
    Differences(
      function: "rosen", h: 0.001, formula: "central2",
      gradient: [563.3995600000361, 257.99999999996714],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.001, formula: "forward3",
      gradient: [563.4008794000351, 257.99999999982504],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.001, formula: "backward3",
      gradient: [563.4008805998576, 257.999999999754],
      evaluations: 5),
    Differences(
      function: "rosen", h: 0.001, formula: "central4",
      gradient: [563.4000000000677, 258.0000000000406],
      evaluations: 9),
    Differences(
      function: "booth", h: 0.1, formula: "forward2", gradient: [-97.5, -117.5],
      evaluations: 3),
    Differences(
      function: "booth", h: 0.1, formula: "backward2",
      gradient: [-98.50000000000023, -118.50000000000023],
      evaluations: 3),
    Differences(
      function: "booth", h: 0.1, formula: "central2",
      gradient: [-98.00000000000011, -118.00000000000011],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.1, formula: "forward3",
      gradient: [-98.00000000000011, -118.00000000000068],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.1, formula: "backward3",
      gradient: [-98.00000000000182, -118.00000000000182],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.1, formula: "central4", gradient: [-98.0, -118.00000000000085],
      evaluations: 9),
    Differences(
      function: "booth", h: 0.001, formula: "forward2",
      gradient: [-97.99499999985528, -117.99500000017815],
      evaluations: 3),
    Differences(
      function: "booth", h: 0.001, formula: "backward2",
      gradient: [-98.00500000005741, -118.00499999992553],
      evaluations: 3),
    Differences(
      function: "booth", h: 0.001, formula: "central2",
      gradient: [-97.99999999995634, -118.00000000005184],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.001, formula: "forward3",
      gradient: [-97.99999999967213, -118.00000000033606],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.001, formula: "backward3",
      gradient: [-98.00000000018372, -117.99999999993815],
      evaluations: 5),
    Differences(
      function: "booth", h: 0.001, formula: "central4",
      gradient: [-97.99999999990898, -118.00000000004236],
      evaluations: 9),
    Differences(
      function: "ill", h: 0.1, formula: "forward2", gradient: [-12.900025, -12.899909999999934],
      evaluations: 3),
    Differences(
      function: "ill", h: 0.1, formula: "backward2",
      gradient: [-13.10002499999996, -13.099910000000037],
      evaluations: 3),
    Differences(
      function: "ill", h: 0.1, formula: "central2",
      gradient: [-13.00002499999998, -12.999909999999986],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.1, formula: "forward3",
      gradient: [-13.00002500000005, -12.999909999999879],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.1, formula: "backward3",
      gradient: [-13.000024999999908, -12.999910000000057],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.1, formula: "central4",
      gradient: [-13.000025000000143, -12.999909999999971],
      evaluations: 9),
    Differences(
      function: "ill", h: 0.001, formula: "forward2",
      gradient: [-12.99902499999206, -12.998910000007413],
      evaluations: 3),
    Differences(
      function: "ill", h: 0.001, formula: "backward2",
      gradient: [-13.00102499998701, -13.000910000002364],
      evaluations: 3),
    Differences(
      function: "ill", h: 0.001, formula: "central2",
      gradient: [-13.000025000007298, -12.999910000001336],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.001, formula: "forward3",
      gradient: [-13.000024999993087, -12.99990999998002],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.001, formula: "backward3",
      gradient: [-13.000024999982429, -12.999909999976467],
      evaluations: 5),
    Differences(
      function: "ill", h: 0.001, formula: "central4",
      gradient: [-13.000025000012627, -12.99991000001377],
      evaluations: 9),
    Differences(
      function: "lstsq", h: 0.1, formula: "forward2",
      gradient: [-99.29999999999993, -9.499999999999886],
      evaluations: 3),
    Differences(
      function: "lstsq", h: 0.1, formula: "backward2",
      gradient: [-105.10000000000005, -12.099999999999937],
      evaluations: 3),
    Differences(
      function: "lstsq", h: 0.1, formula: "central2",
      gradient: [-102.19999999999999, -10.799999999999912],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.1, formula: "forward3",
      gradient: [-102.19999999999985, -10.799999999999557],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.1, formula: "backward3",
      gradient: [-102.19999999999999, -10.80000000000041],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.1, formula: "central4",
      gradient: [-102.19999999999995, -10.799999999999933],
      evaluations: 9),
    Differences(
      function: "lstsq", h: 0.001, formula: "forward2",
      gradient: [-102.17099999998425, -10.78699999997923],
      evaluations: 3),
    Differences(
      function: "lstsq", h: 0.001, formula: "backward2",
      gradient: [-102.22899999999413, -10.812999999998851],
      evaluations: 3),
    Differences(
      function: "lstsq", h: 0.001, formula: "central2",
      gradient: [-102.19999999998919, -10.79999999998904],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.001, formula: "forward3",
      gradient: [-102.19999999996787, -10.799999999953513],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.001, formula: "backward3",
      gradient: [-102.2000000000105, -10.79999999998904],
      evaluations: 5),
    Differences(
      function: "lstsq", h: 0.001, formula: "central4",
      gradient: [-102.19999999998446, -10.79999999998312],
      evaluations: 9),
  ]

  static let randomized = [
    Differences(
      function: "rosen", h: 0.1, formula: "forward2", directions: [[1.0, -1.0]],
      gradient: [291.80000000000035, -291.80000000000035], evaluations: 2),
    Differences(
      function: "rosen", h: 0.1, formula: "forward2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [490.97187500000035, 739.3541666666673], evaluations: 4),
    Differences(
      function: "rosen", h: 0.1, formula: "backward2", directions: [[1.0, -1.0]],
      gradient: [314.2000000000001, -314.2000000000001], evaluations: 2),
    Differences(
      function: "rosen", h: 0.1, formula: "backward2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [519.7447916666671, 663.5125000000004], evaluations: 4),
    Differences(
      function: "rosen", h: 0.1, formula: "central2", directions: [[1.0, -1.0]],
      gradient: [302.99999999999966, -302.99999999999966], evaluations: 3),
    Differences(
      function: "rosen", h: 0.1, formula: "central2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [505.3583333333333, 701.4333333333334], evaluations: 7),
    Differences(
      function: "rosen", h: 0.1, formula: "forward3", directions: [[1.0, -1.0]],
      gradient: [309.6000000000005, -309.6000000000005], evaluations: 3),
    Differences(
      function: "rosen", h: 0.1, formula: "forward3",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [514.9270833333333, 708.908333333332], evaluations: 7),
    Differences(
      function: "rosen", h: 0.1, formula: "backward3", directions: [[1.0, -1.0]],
      gradient: [310.80000000000007, -310.80000000000007], evaluations: 3),
    Differences(
      function: "rosen", h: 0.1, formula: "backward3",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [514.9395833333334, 708.1583333333346], evaluations: 7),
    Differences(
      function: "rosen", h: 0.1, formula: "central4", directions: [[1.0, -1.0]],
      gradient: [305.4000000000007, -305.4000000000007], evaluations: 5),
    Differences(
      function: "rosen", h: 0.1, formula: "central4",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.54999999999995, 703.7999999999992], evaluations: 13),
    Differences(
      function: "rosen", h: 0.1, formula: "forward4", directions: [[1.0, -1.0]],
      gradient: [306.0000000000009, -306.0000000000009], evaluations: 4),
    Differences(
      function: "rosen", h: 0.1, formula: "forward4",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.55624999999986, 703.4249999999978], evaluations: 10),
    Differences(
      function: "rosen", h: 0.1, formula: "forward5", directions: [[1.0, -1.0]],
      gradient: [305.4000000000003, -305.4000000000003], evaluations: 5),
    Differences(
      function: "rosen", h: 0.1, formula: "forward5",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.5499999999995, 703.7999999999953], evaluations: 13),
    Differences(
      function: "rosen", h: 0.001, formula: "forward2", directions: [[1.0, -1.0]],
      gradient: [305.2867600999889, -305.2867600999889], evaluations: 2),
    Differences(
      function: "rosen", h: 0.001, formula: "forward2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.4058058343194, 704.1795966040733], evaluations: 4),
    Differences(
      function: "rosen", h: 0.001, formula: "backward2", directions: [[1.0, -1.0]],
      gradient: [305.5127598999548, -305.5127598999548], evaluations: 2),
    Differences(
      function: "rosen", h: 0.001, formula: "backward2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.69355583223813, 703.4199300624191], evaluations: 4),
    Differences(
      function: "rosen", h: 0.001, formula: "central2", directions: [[1.0, -1.0]],
      gradient: [305.39976000005714, -305.39976000005714], evaluations: 3),
    Differences(
      function: "rosen", h: 0.001, formula: "central2",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.5496808333403, 703.7997633332794], evaluations: 7),
    Differences(
      function: "rosen", h: 0.001, formula: "forward3", directions: [[1.0, -1.0]],
      gradient: [305.4004794000207, -305.4004794000207], evaluations: 3),
    Differences(
      function: "rosen", h: 0.001, formula: "forward3",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.55063832710107, 703.8004737082844], evaluations: 7),
    Differences(
      function: "rosen", h: 0.001, formula: "backward3", directions: [[1.0, -1.0]],
      gradient: [305.4004805999284, -305.4004805999284], evaluations: 3),
    Differences(
      function: "rosen", h: 0.001, formula: "backward3",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.55063833957576, 703.8004729583159], evaluations: 7),
    Differences(
      function: "rosen", h: 0.001, formula: "central4", directions: [[1.0, -1.0]],
      gradient: [305.3999999999917, -305.3999999999917], evaluations: 5),
    Differences(
      function: "rosen", h: 0.001, formula: "central4",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.55000000002093, 703.8000000000437], evaluations: 13),
    Differences(
      function: "rosen", h: 0.001, formula: "forward4", directions: [[1.0, -1.0]],
      gradient: [305.40000060004024, -305.40000060004024], evaluations: 4),
    Differences(
      function: "rosen", h: 0.001, formula: "forward4",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.55000000632344, 703.7999996251883], evaluations: 10),
    Differences(
      function: "rosen", h: 0.001, formula: "forward5", directions: [[1.0, -1.0]],
      gradient: [305.40000000019063, -305.40000000019063], evaluations: 5),
    Differences(
      function: "rosen", h: 0.001, formula: "forward5",
      directions: [[1.0, -1.0], [-1.0, -1.0], [0.5, 2.0]],
      gradient: [508.5500000001654, 703.8000000002285], evaluations: 13),
  ]

  static let trajectories: [String: [Step]] = [
    "rosen|FDM,NewtonCG(fd_forward),Backtracking": [
      Step(
        point: [-1.1066289384860002, 1.2256227750830733], loss: 4.4379845203195565, evaluations: 16),
      Step(
        point: [-0.7783763619071616, 0.49833696003604455], loss: 4.318952808084363, evaluations: 35),
      Step(
        point: [-0.7002038513776678, 0.4840852261663296], loss: 2.8945373933178122, evaluations: 51),
      Step(
        point: [-0.5108415772752982, 0.2200871107404303], loss: 2.4496943617896085, evaluations: 69),
      Step(
        point: [-0.3469712260752858, 0.09329341007786096], loss: 1.8877487551148444, evaluations: 85
      ),
      Step(
        point: [-0.1378553010844955, -0.025028863926860614], loss: 1.4886047368457471,
        evaluations: 101),
      Step(
        point: [-0.022207478898672334, -0.012982423615566476], loss: 1.0630672979566205,
        evaluations: 117),
      Step(
        point: [0.11592324274950064, -0.012550752123476241], loss: 0.8491342666518591,
        evaluations: 134),
      Step(
        point: [0.25850417144929816, 0.0464644417143356], loss: 0.5912688810034742, evaluations: 150
      ),
      Step(
        point: [0.4047277183925061, 0.14246727501145298], loss: 0.39987691737524667,
        evaluations: 166),
      Step(
        point: [0.5179023015126856, 0.25552028437516494], loss: 0.2485535657404513, evaluations: 182
      ),
      Step(
        point: [0.654175252289757, 0.40952375543181907], loss: 0.15352994179424245, evaluations: 198
      ),
      Step(
        point: [0.7283712244855437, 0.5251326033645464], loss: 0.07668959830549739, evaluations: 214
      ),
      Step(
        point: [0.859071988414714, 0.7211016386644031], loss: 0.04843198941182955, evaluations: 230),
      Step(
        point: [0.8917722205436193, 0.7942487072629006], loss: 0.011815057535084486,
        evaluations: 246),
      Step(
        point: [0.981627999523863, 0.9556234485949346], loss: 0.006689749283881809, evaluations: 262
      ),
      Step(
        point: [0.9891568482383091, 0.9783905824207924], loss: 0.00011773949142852661,
        evaluations: 278),
      Step(
        point: [0.9997292105635831, 0.9993357700118061], loss: 1.5794557921443785e-06,
        evaluations: 294),
      Step(
        point: [0.9998193996114149, 0.999639027334537], loss: 3.2620322194695844e-08,
        evaluations: 310),
      Step(
        point: [0.9998193996114144, 0.9996390273345362], loss: 3.262032219486059e-08,
        evaluations: 335),
    ],
    "rosen|FDM,NewtonCG(fd_central),Backtracking": [
      Step(
        point: [-1.1081724682210492, 1.2279790487796722], loss: 4.444391606953421, evaluations: 26),
      Step(
        point: [-0.8481769631902415, 0.6517475300673427], loss: 3.8735000566487057, evaluations: 55),
      Step(
        point: [-0.7209820364606179, 0.5036365019955812], loss: 2.9879538631247042, evaluations: 81),
      Step(
        point: [-0.5178267842764526, 0.21878310984445865], loss: 2.547453605989314, evaluations: 108
      ),
      Step(
        point: [-0.3782160948650157, 0.1235562475660415], loss: 1.9374701626581439, evaluations: 134
      ),
      Step(
        point: [-0.09684924614822554, -0.06978755060370388], loss: 1.829824836525506,
        evaluations: 160),
      Step(
        point: [-0.03169048904236042, -0.0032413559198678915], loss: 1.0661878136420662,
        evaluations: 186),
      Step(
        point: [0.10776401353356663, -0.011018643788163883], loss: 0.8473045595348219,
        evaluations: 214),
      Step(
        point: [0.2692001907491764, 0.046407157450570814], loss: 0.6019889837692026,
        evaluations: 240),
      Step(
        point: [0.3868219564069413, 0.13579630706161466], loss: 0.3951278112329327, evaluations: 266
      ),
      Step(
        point: [0.5495642747060524, 0.27553578445662563], loss: 0.2730384349553004, evaluations: 292
      ),
      Step(
        point: [0.6210751090417732, 0.38062049338165577], loss: 0.14619916566871446,
        evaluations: 318),
      Step(
        point: [0.7146968540833547, 0.4994696522019137], loss: 0.09421651994932566, evaluations: 345
      ),
      Step(
        point: [0.8020446968102235, 0.635646070591945], loss: 0.0450074199615255, evaluations: 371),
      Step(
        point: [0.8803427757883484, 0.7688728389524094], loss: 0.018076232716417468,
        evaluations: 397),
      Step(
        point: [0.9340094289882069, 0.8694935255468943], loss: 0.005184246089016711,
        evaluations: 423),
      Step(
        point: [0.9757562124130188, 0.9503574096112412], loss: 0.0008914882125038519,
        evaluations: 449),
      Step(
        point: [0.9935859601440666, 0.9868951685405034], loss: 5.124541769922189e-05,
        evaluations: 475),
      Step(
        point: [0.9994284358109184, 0.9988230664071822], loss: 4.431842838916869e-07,
        evaluations: 501),
      Step(
        point: [0.9997975077649942, 0.9995949204944683], loss: 4.1004955888399665e-08,
        evaluations: 527),
    ],
    "rosen|NewtonCG(autograd),Backtracking": [
      Step(
        point: [-1.1081712061713955, 1.227976653640671], loss: 4.444386280334039, evaluations: 2),
      Step(
        point: [-0.8481224288731191, 0.6516278653337698], loss: 3.873666041766639, evaluations: 7),
      Step(
        point: [-0.720987998224795, 0.5036605301353219], loss: 2.987924475301292, evaluations: 9),
      Step(
        point: [-0.5176880525150481, 0.21858847008105364], loss: 2.5475360426476654, evaluations: 12
      ),
      Step(
        point: [-0.37822658170411694, 0.12360584527158208], loss: 1.937336822682668, evaluations: 14
      ),
      Step(
        point: [-0.09637491274030596, -0.0701522394822961], loss: 1.8331150812192187,
        evaluations: 16),
      Step(
        point: [-0.03145483957927277, -0.0032252089696224173], loss: 1.0656753848121316,
        evaluations: 18),
      Step(
        point: [0.10846619018419836, -0.010973942083543192], loss: 0.8465380935220561,
        evaluations: 22),
      Step(
        point: [0.26916744494906597, 0.04662622013452552], loss: 0.6008087348450006, evaluations: 24
      ),
      Step(
        point: [0.3877132818216985, 0.13626847345663687], loss: 0.39464403062667913, evaluations: 26
      ),
      Step(
        point: [0.548392179356024, 0.2749162742590708], loss: 0.27060502892261107, evaluations: 28),
      Step(
        point: [0.6216630108435703, 0.3810962842989074], loss: 0.1460210797996909, evaluations: 30),
      Step(
        point: [0.7128846918113505, 0.4971988813584788], loss: 0.09454774886113658, evaluations: 33),
      Step(
        point: [0.8025762587572333, 0.636084073932605], loss: 0.045447655819905175, evaluations: 35),
      Step(
        point: [0.8782489835138036, 0.7655949157644706], loss: 0.01810243136467975, evaluations: 37),
      Step(
        point: [0.9350021601572251, 0.8710081164342872], loss: 0.005262153722898979, evaluations: 39
      ),
      Step(
        point: [0.9745341192904677, 0.9481539738644778], loss: 0.0008927378994091034,
        evaluations: 41),
      Step(
        point: [0.9939358793211122, 0.9875321039075768], loss: 5.094338567972932e-05,
        evaluations: 43),
      Step(
        point: [0.9995754230884872, 0.9991192219880448], loss: 2.8141788628886084e-07,
        evaluations: 45),
      Step(
        point: [0.9999973163719955, 0.9999944547572064], loss: 1.037004519124661e-11,
        evaluations: 47),
    ],
    "booth|FDM,NewtonCG(fd_forward),Backtracking": [
      Step(
        point: [0.9999993588603511, 3.0000007138142175], loss: 9.417171582250883e-13,
        evaluations: 16)
    ],
    "lstsq|FDM,NewtonCG(fd_forward),Backtracking": [
      Step(
        point: [0.9999999991516512, 0.9999999984596307], loss: 4.1262604360103376e-17,
        evaluations: 16)
    ],
    "booth|FDM,LR(0.1)": [
      Step(
        point: [9.799999999995634, 3.800000000005185], loss: 446.71999999999434, evaluations: 5),
      Step(
        point: [0.35999999999489596, -4.039999999990754], loss: 285.9007999996219, evaluations: 10),
      Step(
        point: [6.631999999996195, 3.512000000001878], loss: 182.97651199986439, evaluations: 15),
      Step(
        point: [0.5903999999958378, -1.5055999999988767], loss: 117.10496768011276, evaluations: 20),
      Step(
        point: [4.60447999999971, 3.3276800000029727], loss: 74.94717931528426, evaluations: 25),
      Step(
        point: [0.7378559999978052, 0.11641600000214858], loss: 47.96619476171793, evaluations: 30),
      Step(
        point: [3.3068671999984645, 3.2097152000014706], loss: 30.698364647498146, evaluations: 35),
      Step(
        point: [0.8322278399983674, 1.1545062400024708], loss: 19.646953374381717, evaluations: 40),
      Step(
        point: [2.476395007997745, 3.1342177280013406], loss: 12.574050159600342, evaluations: 45),
      Step(
        point: [0.8926258175987023, 1.8188839936025136], loss: 8.047392102137598, evaluations: 50),
    ],
    "booth|HeavyBall(0.9,ema_init=zeros),LR(0.01)": [
      Step(point: [0.98, -6.82], loss: 483.73519999999996, evaluations: 1),
      Step(point: [2.6495999999999995, -4.7744], loss: 213.21517568000002, evaluations: 2),
      Step(
        point: [4.6092319999999996, -2.2878879999999997], loss: 52.259858995712, evaluations: 3),
      Step(
        point: [6.4350086399999995, 0.1900230400000007], loss: 64.99845471661996, evaluations: 4),
      Step(
        point: [7.759504908799999, 2.266339980800001], loss: 191.47239016993757, evaluations: 5),
      Step(
        point: [8.334293861375999, 3.6676308367360013], loss: 310.3607928761978, evaluations: 6),
    ],
    "booth|Backtracking": [
      Step(point: [6.125, -0.625], loss: 48.40625, evaluations: 6),
      Step(point: [3.34375, -1.21875], loss: 37.353515625, evaluations: 11),
      Step(point: [4.6328125, 1.7109375], loss: 36.8316650390625, evaluations: 16),
      Step(point: [3.0068359375, 0.7001953125], loss: 9.659814834594727, evaluations: 22),
      Step(point: [2.58935546875, 2.43603515625], loss: 7.049810886383057, evaluations: 26),
      Step(point: [1.87799072265625, 1.99383544921875], loss: 1.8489489331841469, evaluations: 32),
    ],
  ]
}
