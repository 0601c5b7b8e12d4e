using System.Globalization;

namespace Serverless.Learning.Grading.Formulas;

/// <summary>
/// Reads a formula by the grammar
/// <c>sum = product (("+" | "-") product)*; product = unary (("*" | "/") unary)*; unary = ("-" | "+") unary | power;
/// power = atom ("^" unary)?; atom = number | name | function "(" sum ("," sum)* ")" | "(" sum ")"</c>.
/// So <c>-2^2</c> is -4, <c>2^3^2</c> is 512, and <c>log</c> is the natural logarithm.
/// </summary>
internal sealed class FormulaParser(string text, IReadOnlyCollection<string> names)
{
    // Its value is computed by as many calls inside one another as a sum has parts.
    private const int MaxDepth = 64, MaxParts = 1000;

    private int _position;
    private int _depth, _parts;

    /// <exception cref="FormulaError">The text is no formula.</exception>
    public FormulaNode Read()
    {
        var root = Sum();
        return _position == text.Length ? root : throw Unexpected("an operator, or the end");
    }

    private FormulaNode Sum()
    {
        Deepen();
        var value = Product();
        while (Take("+-") is { } sign)
        {
            var (left, right) = (value, Product());
            value = sign == '+' ? scores => left(scores) + right(scores) : scores => left(scores) - right(scores);
        }
        _depth--;
        return value;
    }

    private FormulaNode Product()
    {
        var value = Unary();
        while (Take("*/") is { } sign)
        {
            var (left, right) = (value, Unary());
            value = sign == '*' ? scores => left(scores) * right(scores) : scores => left(scores) / right(scores);
        }
        return value;
    }

    private FormulaNode Unary()
    {
        if (Take("+-") is not { } sign)
            return Power();
        Deepen();
        var value = Unary();
        _depth--;
        return sign == '+' ? value : scores => -value(scores);
    }

    private FormulaNode Power()
    {
        var value = Atom();
        if (Take("^") is null)
            return value;
        Deepen();
        var exponent = Unary();
        _depth--;
        return scores => Math.Pow(value(scores), exponent(scores));
    }

    private FormulaNode Atom()
    {
        SkipSpaces();
        var start = _position;
        if (++_parts > MaxParts)
            throw new FormulaError(start, $"found a formula of more than {MaxParts} parts; allowed: {MaxParts} numbers, names, functions and brackets");
        if (Take("(") is not null)
        {
            var inner = Sum();
            return Take(")") is not null ? inner : throw Unexpected("an operator or ')'");
        }
        if (start < text.Length && (char.IsAsciiDigit(text[start]) || text[start] == '.'))
            return Number();
        while (_position < text.Length && IsNamePart(text[_position]))
            _position++;
        if (_position == start)
            throw Unexpected("a number, a grader's name, a function or '('");
        var name = text[start.._position];
        if (FormulaFunctions.Names.Contains(name))
            return Call(name, start);
        return names.Contains(name) ? scores => scores[name] : throw new FormulaError(start, $"found \"{name}\"; allowed: {Allowed()}");
    }

    private FormulaNode Number()
    {
        var start = _position;
        while (_position < text.Length && (char.IsAsciiDigit(text[_position]) || text[_position] == '.'))
            _position++;
        if (_position < text.Length && text[_position] is 'e' or 'E')
        {
            _position++;
            if (_position < text.Length && text[_position] is '+' or '-')
                _position++;
            while (_position < text.Length && char.IsAsciiDigit(text[_position]))
                _position++;
        }
        var digits = text.AsSpan(start, _position - start);
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? _ => value
            : throw new FormulaError(start, $"found \"{digits}\"; allowed: a number such as 0.5");
    }

    private FormulaNode Call(string name, int start)
    {
        if (Take("(") is null)
            throw Unexpected($"'(' behind {name}");
        var arguments = new List<FormulaNode> { Sum() };
        while (Take(",") is not null)
            arguments.Add(Sum());
        if (Take(")") is null)
            throw Unexpected("an operator, ',' or ')'");
        return FormulaFunctions.Call(name, arguments, out var allowed)
            ?? throw new FormulaError(start, $"found {name} with {arguments.Count} argument{(arguments.Count == 1 ? "" : "s")}; allowed: {allowed}");
    }

    private void Deepen()
    {
        if (++_depth > MaxDepth)
            throw new FormulaError(_position, $"found a formula nested deeper than {MaxDepth} levels; allowed: {MaxDepth} levels");
    }

    /// <summary>Takes one of these signs if it is next.</summary>
    private char? Take(string signs)
    {
        SkipSpaces();
        if (_position == text.Length || !signs.Contains(text[_position], StringComparison.Ordinal))
            return null;
        return text[_position++];
    }

    private string Allowed() => $"{string.Join(", ", names)}, and the functions {string.Join(", ", FormulaFunctions.Names)}";

    private FormulaError Unexpected(string allowed)
    {
        SkipSpaces();
        var found = _position == text.Length ? "the end of the formula" : $"'{text[_position]}'";
        return new FormulaError(_position, $"found {found}; allowed: {allowed}");
    }

    private void SkipSpaces()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
            _position++;
    }

    /// <summary>Whether a name may hold this character.</summary>
    public static bool IsNamePart(char unit) => char.IsAsciiLetterOrDigit(unit) || unit == '_';
}
