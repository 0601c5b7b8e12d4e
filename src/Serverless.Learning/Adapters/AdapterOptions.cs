namespace Serverless.Learning.Adapters;

/// <summary>
/// What is trained, and how a low-rank update is shaped: W' = W + <see cref="Scaling"/> · B·A with A [R, in] and B [out, R]
/// (LoRA, arXiv:2106.09685, equation 3), row by row brought to a trained length with <see cref="WeightDecomposed"/>. With
/// <see cref="AdapterKind.Full"/> the other fields mean nothing.
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

    /// <summary>
    /// Train the length of each output row apart from its direction: W' = m · V / ||V|| with V = W + B·A scaled, the norm taken over the
    /// inputs of each row (DoRA, arXiv:2402.09353, equation 5).
    /// </summary>
    public bool WeightDecomposed { get; init; }

    /// <summary>Names of linear layers as a module path ends (such as <c>q_proj</c>), or <see cref="AllLinear"/> alone.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [AllLinear];

    /// <summary>Whether only low-rank updates train.</summary>
    public bool IsLowRank => Kind != AdapterKind.Full;

    /// <summary>Those of a decoder's linear layers that are adapted.</summary>
    /// <param name="paths">Module paths of all linear layers but the head, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <exception cref="InputError">A target module names none of them; all such modules are listed.</exception>
    public IReadOnlyList<string> TargetsAmong(IReadOnlyList<string> paths)
    {
        if (TargetModules is [AllLinear]) return paths;
        var unknown = TargetModules.Where(module => !paths.Any(path => IsTarget(path, module))).ToList();
        if (unknown.Count == 0) return paths.Where(path => TargetModules.Any(module => IsTarget(path, module))).ToList();
        var allowed = string.Join(", ", paths.Select(path => path.Split('.')[^1]).Distinct());
        throw new InputError(
            $"adapter.target_modules: found {string.Join(", ", unknown)}; allowed: {AllLinear}, or any of {allowed}", "method.adapter.target_modules");

        static bool IsTarget(string path, string module) => path == module || path.EndsWith("." + module, StringComparison.Ordinal);
    }

    /// <summary>The factor of B·A.</summary>
    public double Scaling => RankStabilized ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;
}
