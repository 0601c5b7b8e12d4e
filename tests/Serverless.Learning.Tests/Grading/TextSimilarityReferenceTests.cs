using System.Text.Json;
using Serverless.Learning.Grading.Similarity;

namespace Serverless.Learning.Tests.Grading;

/// <summary>Compares the pairs of text-similarity.json; what is expected was computed by the packages that text-similarity.py names.</summary>
public sealed class TextSimilarityReferenceTests
{
    // The packages add and multiply in another order: a few units in the last of a double's 16 digits.
    private const double Tolerance = 1e-12;

    private static readonly JsonElement Cases = Load();

    public static TheoryData<int> All() => [.. Enumerable.Range(0, Cases.GetArrayLength())];

    [Theory]
    [MemberData(nameof(All))]
    public void Texts_are_as_alike_as_the_reference_packages_find_them(int index)
    {
        var entry = Cases[index];
        var (candidate, reference) = (entry.GetProperty("candidate").GetString()!, entry.GetProperty("reference").GetString()!);
        Assert.Multiple(Enum.GetValues<TextMetric>().Select(metric => (Action)(() =>
        {
            var expected = entry.GetProperty(Wire(metric)).GetDouble();
            var found = TextSimilarity.Score(metric, candidate, reference);
            Assert.True(Math.Abs(found - expected) <= Tolerance, $"{Wire(metric)}: found {found:R}, expected {expected:R}\n{candidate}\n{reference}");
        })).ToArray());
    }

    [Fact]
    public void The_bit_parallel_subsequence_is_as_long_as_that_of_the_table()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var first = Enumerable.Range(0, random.Next(0, 200)).Select(_ => random.Next(4)).ToArray();
            var second = Enumerable.Range(0, random.Next(0, 200)).Select(_ => random.Next(4)).ToArray();
            Assert.Equal(ByTable(first, second), CommonSubsequence.Length(first, second));
        }
    }

    private static int ByTable(int[] first, int[] second)
    {
        var table = new int[first.Length + 1, second.Length + 1];
        for (var i = 1; i <= first.Length; i++)
            for (var j = 1; j <= second.Length; j++)
                table[i, j] = first[i - 1] == second[j - 1] ? table[i - 1, j - 1] + 1 : Math.Max(table[i - 1, j], table[i, j - 1]);
        return table[first.Length, second.Length];
    }

    private static string Wire(TextMetric metric) => metric switch
    {
        TextMetric.FuzzyMatch => "fuzzy_match",
        TextMetric.RougeL => "rouge_l",
        >= TextMetric.Rouge1 and <= TextMetric.Rouge5 => $"rouge_{metric - TextMetric.Rouge1 + 1}",
        _ => metric.ToString().ToLowerInvariant(),
    };

    private static JsonElement Load()
    {
        using var stream = typeof(TextSimilarityReferenceTests).Assembly.GetManifestResourceStream("text-similarity.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
