using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What comes before the first step of preferences: what the model that training starts from says about every pair, scored stretch by stretch.</summary>
internal static class ReferenceScoring
{
    /// <summary>Preferences only, before the first step: scores the reference for a length of time, at least for one step's pairs.</summary>
    /// <param name="interrupt">Ends this after the present step's pairs; validation pairs are left off, to be scored again.</param>
    /// <param name="drop">Ends this as well, and sooner: the present step's pairs are left off, to be scored again.</param>
    public static ReferenceState Score(Trainer trainer, ReferenceState state, TimeSpan length, TimeProvider clock, CancellationToken interrupt, CancellationToken drop)
    {
        var begun = clock.GetTimestamp();
        var stepsPerEpoch = trainer.TotalSteps / trainer.Options.Epochs;
        try
        {
            do
            {
                if (state.Steps < stepsPerEpoch)
                    state = state.With(trainer.ScoreReference(state.Steps, drop));
                else
                    state = state with { Validation = [.. trainer.ScoreValidationReference(interrupt)], Finished = true };
            }
            while (!interrupt.IsCancellationRequested && !state.Finished && clock.GetElapsedTime(begun) < length);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested || drop.IsCancellationRequested)
        {
            // What is scored by then stays.
        }
        return state;
    }
}
