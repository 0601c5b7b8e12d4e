namespace Serverless.Learning.Adapters;

/// <summary>
/// What is trained, and how a low-rank update is shaped: W' = W + <see cref="Scaling"/> · B·A with A [R, in] and B [out, R]
/// (LoRA, arXiv:2106.09685, equation 3). With <see cref="AdapterKind.Full"/> the other fields mean nothing.
/// </summary>
public sealed record AdapterOptions
{
    /// <summary>The one entry of <see cref="TargetModules"/> that stands for every linear layer of the decoder but the output head.</summary>
    public const string AllLinear = "all-linear";

    public AdapterKind Kind { get; init; } = AdapterKind.Lora;

    /// <summary>R, the inner width of the update.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>The numerator of <see cref="Scaling"/>.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>The probability with which an input of A is zeroed in training, from 0 up to but not including 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Scale by alpha / √R instead of alpha / R (rsLoRA, arXiv:2312.03732).</summary>
    public bool RankStabilized { get; init; }

    /// <summary>Names of linear layers as a module path ends (such as <c>q_proj</c>), or <see cref="AllLinear"/> alone.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [AllLinear];

    /// <summary>The factor of B·A.</summary>
    public double Scaling => RankStabilized ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;
}
