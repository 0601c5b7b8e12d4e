namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The stages of a job, in their order.</summary>
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
