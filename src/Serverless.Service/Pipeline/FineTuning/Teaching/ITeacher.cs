namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A model whose answers others learn from.</summary>
public interface ITeacher
{
    /// <summary>What it is called in events and errors.</summary>
    string Name { get; }

    /// <summary>About how many answers are asked for at once, and stored together.</summary>
    int Together { get; }

    /// <summary>The answers to each prompt, in order: as many as the sampling asks for.</summary>
    /// <exception cref="Learning.InputError">The teacher refuses all of it, as it stands: its key, its model or its settings are wrong.</exception>
    /// <exception cref="TeacherAwayException">It cannot be reached, is too busy, or does not answer as it should: later it may.</exception>
    Task<IReadOnlyList<IReadOnlyList<TeacherReply>>> AnswerAsync(IReadOnlyList<TeacherPrompt> prompts, TeacherSampling sampling, CancellationToken ct);
}
