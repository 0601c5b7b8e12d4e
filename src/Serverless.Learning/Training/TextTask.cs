using Serverless.Learning.Data;
using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>Continued pre-training: the next token of plain text, every token a target.</summary>
/// <param name="Documents">Token ids of each document, without the token between documents.</param>
/// <param name="Validation">Documents that are scored after each epoch, each by itself; none is fine.</param>
public sealed record TextTask(IReadOnlyList<int[]> Documents, IReadOnlyList<TrainingSequence> Validation) : TrainingTask
{
    /// <summary>
    /// The token between documents: of the tokens that end an answer, the smallest that does not merely end a turn; where there is none
    /// but that one, it.
    /// </summary>
    public static int SeparatorOf(LanguageModel model)
    {
        var ends = model.StopIds.Where(id => id != model.Chat.EndOfTurnId).Order().ToList();
        return ends.Count > 0 ? ends[0] : model.StopIds.Min();
    }

    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) =>
        new CrossEntropyObjective(new TextBatches(Documents, SeparatorOf(model), options), Validation);
}
