namespace Serverless.Learning.Text.ToolCalls;

/// <summary>Where a prompt leaves off.</summary>
public enum AnswerStart
{
    /// <summary>Before everything.</summary>
    Beginning,

    /// <summary>Inside the thinking.</summary>
    Thinking,

    /// <summary>Before the first call.</summary>
    Calls,
}
