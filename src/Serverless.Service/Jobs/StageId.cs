namespace Serverless.Service.Jobs;

/// <summary>One stretch of training: a job or, of a recipe, one of its stages. Its text says where its state lies in the container <c>jobs</c>.</summary>
/// <param name="Job">The job.</param>
/// <param name="Stage">The stage, from 0; null of a job that is no recipe.</param>
public readonly record struct StageId(JobId Job, int? Stage = null)
{
    public override string ToString() => Stage is { } stage ? $"{Job}/stages/{stage}" : Job.Value;
}
