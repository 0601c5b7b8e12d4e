namespace Serverless.Learning.Sampling.Grammars;

/// <summary>Where a text goes on when a rule has ended. Equal stacks of frames are the same object, so that they compare by reference.</summary>
/// <param name="id">Distinct among the frames of an automaton.</param>
/// <param name="next">The node after the call.</param>
/// <param name="parent">The frame of the calling rule; null for the root's.</param>
internal sealed class GrammarFrame(int id, int next, GrammarFrame? parent)
{
    public int Id => id;

    public int Next => next;

    public GrammarFrame? Parent => parent;

    public int Depth { get; } = (parent?.Depth ?? 0) + 1;
}
