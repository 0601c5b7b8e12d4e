using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>A job as it is first stored, of a model and a file that need not be there.</summary>
internal static class TinyJob
{
    public static JobRecord Record(TimeProvider clock, JobStatus status) => new()
    {
        Id = JobId.New(clock),
        Model = new ModelId("tiny"),
        BaseModel = new ModelId("tiny"),
        TrainingFile = FileId.New(clock),
        Seed = 1,
        Method = new JobMethod(),
        Status = status,
        CreatedAt = clock.GetUtcNow(),
    };
}
