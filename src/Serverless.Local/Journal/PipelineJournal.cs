using Microsoft.Extensions.DependencyInjection;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Local.Journal;

/// <summary>The pipeline's workflows and activities, for the journal to run.</summary>
public static class PipelineJournal
{
    /// <param name="services">Holds them all, as <see cref="Service.Pipeline.PipelineServices.AddServerlessPipeline"/> registers them.</param>
    public static JournalParts Parts(IServiceProvider services) => new JournalParts()
        .Add(IntakeWorkflow.Name, services.GetRequiredService<IntakeWorkflow>())
        .Add(ScanFile.Name, services.GetRequiredService<ScanFile>())
        .Add(FailFile.Name, services.GetRequiredService<FailFile>())
        .Add(FineTuneWorkflow.Name, services.GetRequiredService<FineTuneWorkflow>())
        .Add(NoteRestart.Name, services.GetRequiredService<NoteRestart>())
        .Add(ValidateFiles.Name, services.GetRequiredService<ValidateFiles>())
        .Add(Prepare.Name, services.GetRequiredService<Prepare>())
        .Add(Admit.Name, services.GetRequiredService<Admit>())
        .Add(Teach.Name, services.GetRequiredService<Teach>())
        .Add(TrainChunk.Name, services.GetRequiredService<TrainChunk>())
        .Add(Evaluate.Name, services.GetRequiredService<Evaluate>())
        .Add(Publish.Name, services.GetRequiredService<Publish>())
        .Add(Finish.Name, services.GetRequiredService<Finish>())
        .Add(SendWebhooks.Name, services.GetRequiredService<SendWebhooks>())
        .Add(EvalRunWorkflow.Name, services.GetRequiredService<EvalRunWorkflow>())
        .Add(EvaluateItems.Name, services.GetRequiredService<EvaluateItems>())
        .Add(FailEvalRun.Name, services.GetRequiredService<FailEvalRun>());
}
