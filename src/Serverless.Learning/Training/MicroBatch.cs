using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>
/// Texts that go through the model together, as B rows of T places; several of these make one optimiser step. A token stands at one place, or
/// at several where texts begin alike: it is computed once. Arrays of tokens have N entries; where no <see cref="Places"/> are given, N is B*T
/// and the tokens fill the rows one after another.
/// </summary>
public sealed record MicroBatch
{
    /// <summary>B.</summary>
    public required int Rows { get; init; }

    /// <summary>T.</summary>
    public required int Time { get; init; }

    /// <summary>[N].</summary>
    public required int[] Ids { get; init; }

    /// <summary>[N]: the token to be predicted after each; -1 where none is (prompt, padding, the last token).</summary>
    public required int[] Targets { get; init; }

    /// <summary>
    /// [N], where several examples share a row: each token's position inside its example. Null means rows of one text each, with positions
    /// 0..T-1 and plain causal attention; then <see cref="Examples"/> is null too.
    /// </summary>
    public int[]? Positions { get; init; }

    /// <summary>
    /// [N]: the example each token belongs to, as an index into the data set; -1 for padding. A token that several share belongs to the first
    /// of them. The tokens of an example are one run, and each example has some of its own.
    /// </summary>
    public int[]? Examples { get; init; }

    /// <summary>[B*T]: which token stands at each place, -1 where none does; null where tokens and places are the same.</summary>
    public int[]? Places { get; init; }

    /// <summary>Whether the texts are general text that a step reads beside what its method learns from.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>
    /// [B*T]: the number of each place's text within its row, counted from 0, padding being the last; null where each row is one text.
    /// </summary>
    public int[]? Documents()
    {
        if (Examples is null) return null;
        var documents = new int[Rows * Time];
        for (var at = 0; at < documents.Length; at++)
            documents[at] = at % Time == 0 ? 0 : documents[at - 1] + (BeginsText(at) ? 1 : 0);
        return documents;
    }

    /// <summary>Positions and mask of the rows; the caller's to dispose.</summary>
    public SequenceLayout LayoutFor(Decoder decoder)
    {
        if (Examples is null) return SequenceLayout.Causal(decoder.Rotary, Rows, Time);
        return Places is null
            ? SequenceLayout.At(decoder.Rotary, Rows, Time, Positions!, Documents())
            : SequenceLayout.At(
                decoder.Rotary, Rows, Time, [.. Places.Select(token => token < 0 ? 0 : Positions![token])], Documents(), new TokenPlaces(Places, Ids.Length));
    }

    /// <summary>The token ids of each text, padding left out.</summary>
    public IEnumerable<int[]> Texts()
    {
        var documents = Documents();
        return Enumerable.Range(0, Rows * Time)
            .Where(at => !IsPadding(at))
            .GroupBy(at => (Row: at / Time, Document: documents?[at] ?? 0))
            .Select(text => text.Select(at => Ids[TokenAt(at)]).ToArray());
    }

    /// <summary>How many tokens are predicted.</summary>
    public int TargetCount => Targets.Count(target => target >= 0);

    /// <summary>How many tokens the texts have, each for itself, padding left out.</summary>
    public int TokenCount => Enumerable.Range(0, Rows * Time).Count(at => !IsPadding(at));

    private int TokenAt(int place) => Places is null ? place : Places[place];

    private bool IsPadding(int place) => Places is null ? Examples is not null && Examples[place] < 0 : Places[place] < 0;

    private bool BeginsText(int place) => Places is null
        ? Examples![place] != Examples[place - 1]
        : Places[place] < 0 ? Places[place - 1] >= 0 : Positions![Places[place]] == 0;
}
