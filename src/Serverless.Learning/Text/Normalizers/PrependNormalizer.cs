namespace Serverless.Learning.Text.Normalizers;

/// <summary>Puts a fixed text before every text that is not empty.</summary>
/// <param name="place">The file and field of the step, for errors.</param>
internal sealed class PrependNormalizer(string prefix, string place) : Normalizer
{
    internal override string Apply(string text, long most) =>
        text.Length == 0 ? text : prefix.Length + text.Length <= most ? prefix + text : throw TextGrowth.Error(place);
}
