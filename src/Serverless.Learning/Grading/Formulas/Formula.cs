using Serverless.Learning.Data;

namespace Serverless.Learning.Grading.Formulas;

/// <summary>A multi grader's <c>calculate_output</c>: arithmetic over the scores of its parts.</summary>
internal sealed class Formula
{
    private readonly FormulaNode _root;

    private Formula(FormulaNode root) => _root = root;

    /// <summary>Parses a formula; null with a fault listed, with its position, if it is none.</summary>
    /// <param name="names">The names of the scores.</param>
    public static Formula? Parse(string text, IReadOnlyCollection<string> names, JsonPlace place)
    {
        try
        {
            return new Formula(new FormulaParser(text, names).Read());
        }
        catch (FormulaError error)
        {
            place.Fault($"position {error.Position + 1}: {error.Message}");
            return null;
        }
    }

    /// <summary>The value; not finite where a division by zero, a root or logarithm out of its range, or an overflow is in it.</summary>
    public double Value(IReadOnlyDictionary<string, double> scores) => _root(scores);
}
