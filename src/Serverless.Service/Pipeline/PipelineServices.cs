using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Service.Evals;
using Serverless.Service.Idempotency;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Pipeline.Webhooks;
using Serverless.Service.Uploads;

namespace Serverless.Service.Pipeline;

/// <summary>What a head registers to run the pipeline.</summary>
public static class PipelineServices
{
    /// <summary>
    /// Adds the workflows, the activities and what they share. The head adds the stores, a clock, logging and an
    /// <see cref="IWorkflowStarter"/>, and a <see cref="ModelHost"/> if it wants other settings than this one's.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static IServiceCollection AddServerlessPipeline(this IServiceCollection services, PipelineSettings settings)
    {
        settings.Validate();
        services.TryAddSingleton(new ModelHostSettings { CacheFolder = Path.Combine(settings.WorkFolder, "models") });
        services.TryAddSingleton(new OutboundPolicy(settings.AllowedNetworks));
        services.TryAddSingleton<ModelHost>();
        services.TryAddSingleton<ChatGenerator>();
        return services.AddSingleton(settings).AddWorkflows().AddActivities().AddServices();
    }

    private static IServiceCollection AddWorkflows(this IServiceCollection services) => services
        .AddSingleton<IntakeWorkflow>()
        .AddSingleton<FineTuneWorkflow>()
        .AddSingleton<EvalRunWorkflow>();

    private static IServiceCollection AddActivities(this IServiceCollection services) => services
        .AddSingleton<ScanFile>()
        .AddSingleton<FailFile>()
        .AddSingleton<NoteRestart>()
        .AddSingleton<ValidateFiles>()
        .AddSingleton<Prepare>()
        .AddSingleton<Admit>()
        .AddSingleton<Teach>()
        .AddSingleton<TrainChunk>()
        .AddSingleton<Evaluate>()
        .AddSingleton<Publish>()
        .AddSingleton<Finish>()
        .AddSingleton<SendWebhooks>()
        .AddSingleton<EvaluateItems>()
        .AddSingleton<FailEvalRun>();

    private static IServiceCollection AddServices(this IServiceCollection services) => services
        .AddSingleton<ActivityDeaths>()
        .AddSingleton<Admission>()
        .AddSingleton<BatchGenerator>()
        .AddSingleton<CheckpointModels>()
        .AddSingleton<ChunkCommits>()
        .AddSingleton<DatasetFiles>()
        .AddSingleton<DryRuns>()
        .AddSingleton<EndedFolders>()
        .AddSingleton<EvalBlocks>()
        .AddSingleton<EvalCatalog>()
        .AddSingleton<EvalItems>()
        .AddSingleton<EvalItemStore>()
        .AddSingleton<EvalRunCatalog>()
        .AddSingleton<EvalScores>()
        .AddSingleton<EvalService>()
        .AddSingleton<EvaluationItems>()
        .AddSingleton<FrozenBases>()
        .AddSingleton<GraderModels>()
        .AddSingleton<JobCosts>()
        .AddSingleton<JobDatasets>()
        .AddSingleton<JobEvaluations>()
        .AddSingleton<JobEvents>()
        .AddSingleton<JobExports>()
        .AddSingleton<JobFolders>()
        .AddSingleton<JobLeftovers>()
        .AddSingleton<JobMerges>()
        .AddSingleton<JobPlans>()
        .AddSingleton<JobWishes>()
        .AddSingleton<LeftEvalRuns>()
        .AddSingleton<ModelEncoders>()
        .AddSingleton<KeptAnswers>()
        .AddSingleton<PublishedCards>()
        .AddSingleton<References>()
        .AddSingleton<RolloutStore>()
        .AddSingleton<StageHandover>()
        .AddSingleton<StartingModels>()
        .AddSingleton<GgufModels>()
        .AddSingleton<TaughtAnswers>()
        .AddSingleton<TaughtFiles>()
        .AddSingleton<TeacherPrompts>()
        .AddSingleton<Teachers>()
        .AddSingleton<TeacherAbsences>()
        .AddSingleton<TrainingFiles>()
        .AddSingleton<TrainingTasks>()
        .AddSingleton<TrainingSessions>()
        .AddSingleton<FileIntake>()
        .AddSingleton<JobService>()
        .AddSingleton<ExpiredData>()
        .AddSingleton<ExpiredFiles>()
        .AddSingleton<UnfinishedWork>()
        .AddSingleton<UnnamedContents>()
        .AddSingleton<UploadBlobs>()
        .AddSingleton<UploadCatalog>()
        .AddSingleton<UploadService>()
        .AddSingleton<WebhookSender>();
}
