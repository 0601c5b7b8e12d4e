using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>Three sets of problems that share no pair of numbers.</summary>
/// <param name="Solved">Those whose worked solutions are learned first.</param>
/// <param name="Practised">Those that are answered by trial and reward.</param>
/// <param name="HeldOut">Those that are measured on.</param>
public sealed record ArithmeticSets(
    ImmutableArray<ArithmeticProblem> Solved, ImmutableArray<ArithmeticProblem> Practised, ImmutableArray<ArithmeticProblem> HeldOut)
{
    /// <summary>The pairs of two-digit numbers, whatever their order: as many problems as all sets together can hold.</summary>
    public const int Pairs = 90 * 91 / 2;

    /// <summary>Deals the pairs out to the sets, and makes one problem of each. The same counts and seed give the same problems.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many pairs.</exception>
    public static ArithmeticSets Generate(int solved = 500, int practised = 1200, int heldOut = 500, int seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(solved + practised + heldOut, Pairs);
        var random = new Random(seed);
        var pairs = Enumerable.Range(10, 90).SelectMany(high => Enumerable.Range(10, high - 9).Select(low => (High: high, Low: low))).ToArray();
        random.Shuffle(pairs);
        var problems = pairs.Select(pair => random.Next(4) switch
        {
            0 => new ArithmeticProblem(pair.High, true, pair.Low),
            1 => new ArithmeticProblem(pair.Low, true, pair.High),
            _ => new ArithmeticProblem(pair.High, false, pair.Low),
        }).ToArray();
        return new ArithmeticSets([.. problems[..solved]], [.. problems[solved..(solved + practised)]], [.. problems[(solved + practised)..(solved + practised + heldOut)]]);
    }
}
