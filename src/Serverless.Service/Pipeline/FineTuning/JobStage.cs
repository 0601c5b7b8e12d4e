namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The stages that a job's workflow goes through, in their order; of a recipe, those from <see cref="Teach"/> on once for each of its own.</summary>
public enum JobStage
{
    ValidateFiles,
    Prepare,
    Admit,
    Teach,
    Train,
    Evaluate,
    Publish,
}
