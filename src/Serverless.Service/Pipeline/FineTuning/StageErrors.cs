using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Says of a fault in which stage of a recipe it lies.</summary>
internal static class StageErrors
{
    /// <summary>What stages do not have of their own.</summary>
    private static readonly string[] OfTheJob = ["model", "evaluation", "publish_if", "budget"];

    /// <summary>The error itself for a job that is no recipe; otherwise one whose parameter and message begin with the stage's place in the request.</summary>
    /// <param name="stage">The job as if the stage were all of it.</param>
    public static InputError Placed(this JobRecord stage, InputError error)
    {
        var path = stage.MethodPath();
        if (stage.Stages.IsEmpty || error.Parameter is { } at && (OfTheJob.Any(name => at.StartsWith(name, StringComparison.Ordinal)) || at.StartsWith(path, StringComparison.Ordinal)))
            return error;
        var placed = error.Parameter switch
        {
            "training_file" or "validation_file" => $"{path}.{error.Parameter}",
            { } own when own.StartsWith("method.", StringComparison.Ordinal) => path + own["method".Length..],
            _ => path,
        };
        var named = error.Parameter is { } parameter && error.Message.StartsWith(parameter, StringComparison.Ordinal);
        var message = named ? placed + error.Message[error.Parameter!.Length..] : $"{placed}: {error.Message}";
        return new InputError(message, placed, error.Code, error);
    }

    /// <summary>What an activity answers when no checkpoint of the stage that it works on can be read.</summary>
    /// <param name="last">What was found of the last one.</param>
    public static StageOutcome Refuse(this CheckpointDamagedException last) =>
        StageOutcome.Refuse(new JobError("checkpoint_damaged", $"{last.Message} There is no other to go on from", null));

    /// <summary>What an activity answers to a fault in the stage that it works on.</summary>
    public static StageOutcome Refuse(this JobRecord stage, InputError error, string code = "invalid_request_error") =>
        StageOutcome.Refuse(stage.Placed(error), code, null);
}
