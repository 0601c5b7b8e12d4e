using Serverless.Learning.Text.Normalizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads the section <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    internal static Normalizer? Read(TokenizerField section) => section.IsNull ? null : new SequenceNormalizer([.. section.Steps("normalizers").Select(ReadStep)]);

    private static Normalizer ReadStep(TokenizerField step) => step.Type switch
    {
        "NFC" => NfcNormalizer.Instance,
        "Prepend" => new PrependNormalizer(step.Required("prepend").Text(), step.Place),
        "Replace" => new ReplaceNormalizer(PatternReader.Read(step.Required("pattern")), step.Required("content").Text(), step.Place),
        _ => throw step.Required("type").NotAllowed("NFC, Prepend, Replace, Sequence"),
    };
}
