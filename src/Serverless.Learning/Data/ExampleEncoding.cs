using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>What examples of each format are as tokens.</summary>
public static class ExampleEncoding
{
    /// <summary>
    /// The sequences that go through the model for an example: a conversation's as <see cref="ChatEncoder.EncodeExample"/> has it, a pair's
    /// two, a prompt without targets, or a document whose every token but the first is a target.
    /// </summary>
    /// <exception cref="InputError">The template refuses the conversation; the line is named.</exception>
    public static IReadOnlyList<TrainingSequence> Encode(this ChatEncoder encoder, DatasetExample example) => example switch
    {
        ChatExample chat => encoder.EncodeExample(chat),
        PreferenceExample preference => encoder.EncodePair(preference) is var pair ? [pair.Chosen, pair.Rejected] : [],
        PromptExample prompt => encoder.EncodePrompt(prompt) is var ids ? [new TrainingSequence(ids, new bool[ids.Length], prompt.Line)] : [],
        TextExample text => encoder.EncodeDocument(text, int.MaxValue),
        _ => throw new ArgumentOutOfRangeException(nameof(example), example.GetType(), null),
    };

    /// <exception cref="InputError">The template refuses the conversation; the line is named.</exception>
    public static PreferencePair EncodePair(this ChatEncoder encoder, PreferenceExample example) =>
        new(encoder.EncodeExample(example.Chosen)[^1], encoder.EncodeExample(example.Rejected)[^1]);

    /// <exception cref="InputError">The template refuses the conversation; the line is named.</exception>
    public static int[] EncodePrompt(this ChatEncoder encoder, PromptExample example)
    {
        try
        {
            return encoder.EncodePrompt(example.Messages, example.Tools);
        }
        catch (InputError error)
        {
            throw new InputError($"line {example.Line}: {error.Message}", innerException: error);
        }
    }

    /// <summary>A document with every token but the first as a target, in pieces of at most so many tokens that share one each.</summary>
    /// <param name="maxTokens">2 or more.</param>
    public static IReadOnlyList<TrainingSequence> EncodeDocument(this ChatEncoder encoder, TextExample example, int maxTokens)
    {
        var ids = encoder.EncodeText(example.Text);
        var pieces = new List<TrainingSequence>();
        foreach (var start in Starts(ids.Length, maxTokens))
        {
            var piece = ids[start..(int)Math.Min(ids.Length, (long)start + maxTokens)];
            pieces.Add(new TrainingSequence(piece, [.. piece.Select((_, at) => at > 0)], example.Line));
        }
        return pieces;
    }

    private static IEnumerable<int> Starts(int length, int maxTokens)
    {
        yield return 0;
        for (var start = maxTokens - 1L; start < length - 1; start += maxTokens - 1) yield return (int)start;
    }
}
