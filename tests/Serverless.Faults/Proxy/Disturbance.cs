namespace Serverless.Faults.Proxy;

/// <summary>What can become of a call on its way.</summary>
internal enum Disturbance
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is refused with 500, not carried out.</summary>
    Fails,

    /// <summary>It is refused with 503, not carried out.</summary>
    Busy,

    /// <summary>It is refused with 429, not carried out.</summary>
    Throttled,

    /// <summary>It takes a second or two.</summary>
    Slow,

    /// <summary>The connection breaks before it is carried out.</summary>
    CutBefore,

    /// <summary>It is carried out, and the connection breaks in the middle of the answer.</summary>
    CutAfter,

    /// <summary>It is carried out, and 500 is answered.</summary>
    FailsAfter,

    /// <summary>It comes twice, and the second one's answer is given.</summary>
    Twice,
}
