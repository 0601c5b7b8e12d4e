using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Another trainer holds the job's lease at this moment; the activity is run again later.</summary>
public sealed class TrainerBusyException(JobId id) : Exception($"Another trainer holds the lease on {id}.");
