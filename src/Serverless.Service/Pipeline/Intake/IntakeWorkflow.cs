using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.Intake;

/// <summary>Reads a file from beginning to end, validates and counts it; its record then says <c>processed</c> or <c>error</c>.</summary>
public sealed class IntakeWorkflow : IWorkflow<FileId>
{
    /// <summary>After so many stretches the history is cut.</summary>
    private const int StretchesPerRun = 50;

    public static WorkflowName<FileId> Name { get; } = new(nameof(IntakeWorkflow));

    public async Task RunAsync(IWorkflowContext context, FileId input)
    {
        try
        {
            for (var stretch = 0; stretch < StretchesPerRun; stretch++)
            {
                context.SetStatus("scanning");
                if (await context.CallAsync(ScanFile.Name, input, RetrySchedule.Patient) == ScanOutcome.Done)
                {
                    context.SetStatus("done");
                    return;
                }
            }
        }
        catch (ActivityFailure failure)
        {
            await context.CallAsync(FailFile.Name, new FailFileInput(input, failure.Message), RetrySchedule.Patient);
            return;
        }
        context.ContinueAsNew(input);
    }

    public FileId RestartInput(FileId original, string reason) => original;
}
