using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>How a teacher draws its answers.</summary>
/// <param name="Samples">Answers to each prompt.</param>
/// <param name="Temperature">0 takes the most likely token each time.</param>
/// <param name="TopP">The share of probability that is drawn from; 1 for all.</param>
/// <param name="MaxTokens">The most tokens of an answer.</param>
/// <param name="Seed">Keys the draws, where the teacher knows such.</param>
public sealed record TeacherSampling(int Samples, double Temperature, double TopP, int MaxTokens, long Seed)
{
    /// <summary>The same as it is shown: a request that says all of it.</summary>
    public static DistillationRequest Resolved(DistillationRequest asked, int maxTokens)
    {
        var sampling = Of(asked, maxTokens, seed: 0);
        return asked with { Temperature = sampling.Temperature, TopP = sampling.TopP, MaxAnswerTokens = sampling.MaxTokens };
    }

    /// <summary>What a job asks for, with nothing <c>auto</c> any more.</summary>
    public static TeacherSampling Of(DistillationRequest asked, int maxTokens, long seed) =>
        new(asked.Samples, asked.Temperature ?? (asked.Samples == 1 ? 0 : 1), asked.TopP ?? 1, maxTokens, seed);
}
