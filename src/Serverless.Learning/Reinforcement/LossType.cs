using System.Text.Json.Serialization;

namespace Serverless.Learning.Reinforcement;

/// <summary>How the terms of the tokens of a step are summed, and what an advantage is divided by.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LossType>))]
public enum LossType
{
    /// <summary>1/G sum_i 1/|o_i| sum_t: each answer counts the same, whatever its length (Shao et al., arXiv 2402.03300, equation 3).</summary>
    [JsonStringEnumMemberName("grpo")] Grpo,

    /// <summary>
    /// sum_{i,t} / sum |o_i| over the whole step: each token counts the same (Yu et al., arXiv 2503.14476, equation 8). With
    /// <see cref="PolicyOptions.Resamples"/>, groups that stay without variance are in neither sum (the condition of that equation).
    /// </summary>
    [JsonStringEnumMemberName("dapo")] Dapo,

    /// <summary>sum_{i,t} / (G L_max), with advantages that are not divided by a deviation (Liu et al., arXiv 2503.20783, section 3.2).</summary>
    [JsonStringEnumMemberName("dr_grpo")] DrGrpo,
}
