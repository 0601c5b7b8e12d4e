using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>Any task with general text that every step reads besides; see <see cref="ReplayObjective"/>.</summary>
/// <param name="Learned">What is learned from.</param>
/// <param name="Documents">Token ids of each document of the general text, the part that is held back included.</param>
/// <param name="Share">The text's share of the loss, above 0 and below 1.</param>
public sealed record ReplayTask(TrainingTask Learned, IReadOnlyList<int[]> Documents, double Share) : TrainingTask
{
    /// <summary>The rows of text that a step reads: the text's share of the batch, at least one; none without a share.</summary>
    public static int RowsOfStep(double share, int batchSize) => share == 0 ? 0 : Math.Max(1, (int)Math.Round(share * batchSize));

    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new ReplayObjective(
        Learned.ObjectiveFor(model, options), new GeneralText(Documents, TextTask.SeparatorOf(model), model.MaxLength), Share, options);
}
