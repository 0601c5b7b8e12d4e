using Serverless.Learning.Text.Normalizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads the section <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    internal static Normalizer? Read(TokenizerField section) => section.IsNull ? null : ReadStep(section);

    private static Normalizer ReadStep(TokenizerField step) => step.Type switch
    {
        "NFC" => NfcNormalizer.Instance,
        "Prepend" => new PrependNormalizer(step.Required("prepend").Text()),
        "Replace" => new ReplaceNormalizer(PatternReader.Read(step.Required("pattern")), step.Required("content").Text()),
        "Sequence" => new SequenceNormalizer([.. step.Required("normalizers").Items().Select(ReadStep)]),
        _ => throw step.Required("type").NotAllowed("NFC, Prepend, Replace, Sequence"),
    };
}
