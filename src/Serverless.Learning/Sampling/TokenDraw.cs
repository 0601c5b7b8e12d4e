using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Serverless.Learning.Kernels;

namespace Serverless.Learning.Sampling;

/// <summary>
/// The part of a draw that looks at the whole vocabulary, over memory that stays where it is: it touches nothing but its own row, so that
/// the rows of a batch are drawn on all threads, each with the result that it has alone.
/// </summary>
internal unsafe struct TokenDraw
{
    private const int Lanes = 16;

    /// <summary>What logits are multiplied by, 1 over the temperature; 0 takes the most likely token.</summary>
    public float Scale;

    /// <summary>The random number of [0, 1) that decides.</summary>
    public double Uniform;

    /// <summary>Whether the tokens are cut before one is drawn: then <see cref="Run"/> weighs them only.</summary>
    public bool IsCut;

    /// <summary>The most likely token, of equal ones the first.</summary>
    public int MostLikely;

    /// <summary>The token drawn, unless it is cut.</summary>
    public int Id;

    /// <summary>The logarithm of the probability with which it was drawn; 0 at temperature 0.</summary>
    public float LogProbability;

    /// <param name="logits">V values. Unless the most likely token is taken they become exp((logit - highest) scale), so that the largest is 1.</param>
    public void Run(float* logits, int vocabulary)
    {
        Id = MostLikely = HighestOf(logits, vocabulary);
        LogProbability = 0;
        if (Scale == 0) return;
        Weigh(logits, vocabulary, logits[MostLikely]);
        if (!IsCut) Choose(logits, vocabulary);
    }

    /// <summary>Finds the block of tokens that the draw falls into, and the token within it.</summary>
    private void Choose(float* weights, int vocabulary)
    {
        var sum = 0.0;
        for (var from = 0; from < vocabulary; from += Lanes) sum += SumOf(weights, from, vocabulary);
        var left = Uniform * sum;
        for (var from = 0; from < vocabulary; from += Lanes)
        {
            var block = SumOf(weights, from, vocabulary);
            if (left >= block)
            {
                left -= block;
                continue;
            }
            // The block's sum is rounded: what is left may lie behind its last token by a hair, which is then the one.
            for (var id = from; id < Math.Min(from + Lanes, vocabulary); id++)
            {
                if (weights[id] == 0) continue;
                Id = id;
                left -= weights[id];
                if (left < 0) break;
            }
            break;
        }
        LogProbability = (float)Math.Log(weights[Id] / sum);
    }

    private static double SumOf(float* weights, int from, int vocabulary)
    {
        if (from + Lanes <= vocabulary) return Vector512.Sum(Vector512.Load(weights + from));
        var sum = 0f;
        for (; from < vocabulary; from++) sum += weights[from];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Weigh(float* logits, int vocabulary, float highest)
    {
        var at = 0;
        for (; at <= vocabulary - Lanes; at += Lanes)
            VectorMath.Exp((Vector512.Load(logits + at) - Vector512.Create(highest)) * Scale).Store(logits + at);
        for (; at < vocabulary; at++) logits[at] = VectorMath.Exp((Vector512.Create(logits[at]) - Vector512.Create(highest)) * Scale)[0];
    }

    private static int HighestOf(float* logits, int vocabulary)
    {
        var at = 0;
        var lanes = Vector512.Create(float.NegativeInfinity);
        for (; at <= vocabulary - Lanes; at += Lanes) lanes = Vector512.Max(lanes, Vector512.Load(logits + at));
        var highest = LaneMaximum.Of(lanes);
        for (; at < vocabulary; at++) highest = Math.Max(highest, logits[at]);
        return Math.Max(0, new ReadOnlySpan<float>(logits, vocabulary).IndexOf(highest));
    }
}

/// <summary>Draws of some rows, which lie one after the other.</summary>
internal unsafe struct TokenDraws : ISlicedKernel
{
    public TokenDraw* Draws;

    /// <summary>[rows, V].</summary>
    public float* Logits;
    public int Rows, Vocabulary, Slices;

    /// <summary>Draws a token for each row on the threads that it is worth.</summary>
    /// <param name="draws">One for each row.</param>
    /// <param name="logits">[rows, V]; see <see cref="TokenDraw.Run"/> for what becomes of them.</param>
    public static void Run(Span<TokenDraw> draws, Span<float> logits)
    {
        if (draws.IsEmpty) return;
        fixed (TokenDraw* draw = draws)
        fixed (float* first = logits)
        {
            var slices = ThreadTeam.Slices(draws.Length, logits.Length);
            ThreadTeam.Run(slices, new TokenDraws
            {
                Draws = draw, Logits = first, Rows = draws.Length, Vocabulary = logits.Length / draws.Length, Slices = slices,
            });
        }
    }

    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Rows, slice, Slices);
        for (var row = (int)from; row < to; row++) Draws[row].Run(Logits + (nint)row * Vocabulary, Vocabulary);
    }
}
