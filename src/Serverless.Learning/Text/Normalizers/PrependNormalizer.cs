namespace Serverless.Learning.Text.Normalizers;

/// <summary>Puts a fixed text before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    internal override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}
