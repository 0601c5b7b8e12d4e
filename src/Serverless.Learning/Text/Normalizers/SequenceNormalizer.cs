using System.Collections.Immutable;

namespace Serverless.Learning.Text.Normalizers;

/// <summary>Several steps, one after the other.</summary>
internal sealed class SequenceNormalizer(ImmutableArray<Normalizer> steps) : Normalizer
{
    internal override string Apply(string text, long most)
    {
        foreach (var step in steps)
            text = step.Apply(text, most);
        return text;
    }
}
