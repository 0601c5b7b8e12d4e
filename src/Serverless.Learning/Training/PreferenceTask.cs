using Serverless.Learning.Data;
using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>Direct preference optimisation: pairs of answers, one of which is preferred.</summary>
/// <param name="Pairs">What is trained on.</param>
/// <param name="Validation">Pairs that are scored after each epoch; none is fine.</param>
/// <param name="Reference">The reference policy's scores of <paramref name="Pairs"/>, in their order; null while they are still to be computed.</param>
/// <param name="ValidationReference">Its scores of <paramref name="Validation"/>.</param>
public sealed record PreferenceTask(
    IReadOnlyList<PreferencePair> Pairs, IReadOnlyList<PreferencePair> Validation, IReadOnlyList<PairScore>? Reference = null,
    IReadOnlyList<PairScore>? ValidationReference = null) : TrainingTask
{
    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new PreferenceObjective(this, options);
}
