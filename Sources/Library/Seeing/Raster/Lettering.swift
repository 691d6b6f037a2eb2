// The letters of pictures: five columns of eight dots each, the lowest bit on top, the seventh dot on the
// line, the eighth below it. Letters that are not here are a frame.

/// Letters of dots.
enum Lettering {
  /// The five columns of a letter.
  static func columns(of letter: Unicode.Scalar) -> [UInt8] { letters[letter] ?? frame }

  private static let frame: [UInt8] = [0x7f, 0x41, 0x41, 0x41, 0x7f]

  private static let letters: [Unicode.Scalar: [UInt8]] = {
    var letters: [Unicode.Scalar: [UInt8]] = [:]
    for line in table.split(separator: "\n") {
      guard let letter = line.unicodeScalars.first else { continue }
      letters[letter] = line.dropFirst(2).split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    letters[" "] = [0, 0, 0, 0, 0]
    return letters
  }()

  private static let table = ##"""
    ! 00 00 5f 00 00
    " 00 07 00 07 00
    # 14 7f 14 7f 14
    $ 24 2a 7f 2a 12
    % 23 13 08 64 62
    & 36 49 56 20 50
    ' 00 00 07 00 00
    ( 00 1c 22 41 00
    ) 00 41 22 1c 00
    * 14 08 3e 08 14
    + 08 08 3e 08 08
    , 00 80 60 00 00
    - 08 08 08 08 08
    . 00 60 60 00 00
    / 20 10 08 04 02
    0 3e 51 49 45 3e
    1 00 42 7f 40 00
    2 42 61 51 49 46
    3 21 41 45 4b 31
    4 18 14 12 7f 10
    5 27 45 45 45 39
    6 3c 4a 49 49 30
    7 01 71 09 05 03
    8 36 49 49 49 36
    9 06 49 49 29 1e
    : 00 36 36 00 00
    ; 00 80 76 00 00
    < 08 14 22 41 00
    = 14 14 14 14 14
    > 00 41 22 14 08
    ? 02 01 51 09 06
    @ 32 49 79 41 3e
    A 7e 11 11 11 7e
    B 7f 49 49 49 36
    C 3e 41 41 41 22
    D 7f 41 41 22 1c
    E 7f 49 49 49 41
    F 7f 09 09 09 01
    G 3e 41 49 49 7a
    H 7f 08 08 08 7f
    I 00 41 7f 41 00
    J 20 40 41 3f 01
    K 7f 08 14 22 41
    L 7f 40 40 40 40
    M 7f 02 0c 02 7f
    N 7f 04 08 10 7f
    O 3e 41 41 41 3e
    P 7f 09 09 09 06
    Q 3e 41 51 21 5e
    R 7f 09 19 29 46
    S 46 49 49 49 31
    T 01 01 7f 01 01
    U 3f 40 40 40 3f
    V 1f 20 40 20 1f
    W 3f 40 38 40 3f
    X 63 14 08 14 63
    Y 07 08 70 08 07
    Z 61 51 49 45 43
    [ 00 7f 41 41 00
    \ 02 04 08 10 20
    ] 00 41 41 7f 00
    ^ 04 02 01 02 04
    _ 80 80 80 80 80
    ` 00 01 02 04 00
    a 20 54 54 54 78
    b 7f 48 44 44 38
    c 38 44 44 44 20
    d 38 44 44 48 7f
    e 38 54 54 54 18
    f 08 7e 09 01 02
    g 18 a4 a4 a4 7c
    h 7f 08 04 04 78
    i 00 44 7d 40 00
    j 40 80 84 7d 00
    k 7f 10 28 44 00
    l 00 41 7f 40 00
    m 7c 04 18 04 78
    n 7c 08 04 04 78
    o 38 44 44 44 38
    p fc 24 24 24 18
    q 18 24 24 24 fc
    r 7c 08 04 04 08
    s 48 54 54 54 20
    t 04 3f 44 40 20
    u 3c 40 40 20 7c
    v 1c 20 40 20 1c
    w 3c 40 30 40 3c
    x 44 28 10 28 44
    y 1c a0 a0 a0 7c
    z 44 64 54 4c 44
    { 00 08 36 41 00
    | 00 00 7f 00 00
    } 00 41 36 08 00
    ~ 10 08 08 10 08
    × 00 22 14 14 22
    · 00 00 18 00 00
    − 08 08 08 08 08
    … 40 00 40 00 40
    ° 00 06 09 09 06
    ² 00 19 15 12 00
    α 38 44 48 30 4c
    β fc 2a 2a 2a 14
    δ 30 4a 4d 49 30
    ε 28 54 54 54 00
    η 04 7c 04 04 f8
    θ 3e 49 49 49 3e
    λ 41 32 0c 30 40
    μ fc 40 40 20 7c
    σ 38 44 4c 54 24
    φ 18 24 7e 24 18
    ω 3c 40 30 40 3c
    Σ 63 55 49 41 63
    ∂ 30 4a 49 49 3e
    ∇ 03 1d 61 1d 03
    ∑ 63 55 49 41 63
    """##
}
