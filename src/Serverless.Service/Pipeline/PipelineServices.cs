using Microsoft.Extensions.DependencyInjection;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Service.Pipeline;

/// <summary>What a head registers to run the pipeline.</summary>
public static class PipelineServices
{
    /// <summary>
    /// Adds the workflows, the activities and what they share. The head adds the stores, <see cref="PipelineSettings"/>, a clock, logging
    /// and an <see cref="IWorkflowStarter"/>.
    /// </summary>
    public static IServiceCollection AddServerlessPipeline(this IServiceCollection services) => services
        .AddSingleton<IntakeWorkflow>()
        .AddSingleton<FineTuneWorkflow>()
        .AddSingleton<ScanFile>()
        .AddSingleton<FailFile>()
        .AddSingleton<NoteRestart>()
        .AddSingleton<ValidateFiles>()
        .AddSingleton<Prepare>()
        .AddSingleton<Admit>()
        .AddSingleton<TrainChunk>()
        .AddSingleton<Evaluate>()
        .AddSingleton<Publish>()
        .AddSingleton<Finish>()
        .AddSingleton<Admission>()
        .AddSingleton<ChunkCommits>()
        .AddSingleton<JobEvaluations>()
        .AddSingleton<JobEvents>()
        .AddSingleton<JobExports>()
        .AddSingleton<JobFolders>()
        .AddSingleton<JobPlans>()
        .AddSingleton<JobWishes>()
        .AddSingleton<ModelEncoders>()
        .AddSingleton<TrainingFiles>()
        .AddSingleton<TrainingSessions>()
        .AddSingleton<FileIntake>()
        .AddSingleton<JobService>()
        .AddSingleton<UnfinishedWork>();
}
