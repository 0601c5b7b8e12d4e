using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// The pieces of JSON (RFC 8259) as grammar. White space and the digits of a number are bounded, so that a text cannot go on for ever without saying
/// anything; every number is one that a double can hold.
/// </summary>
internal sealed class JsonRules
{
    private const int MaxIndent = 32, MaxDigits = 18, MaxExponentDigits = 2;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly ByteSet Digit = ByteSet.Range((byte)'0', (byte)'9');
    private static readonly ByteSet Hex = Digit | ByteSet.Range((byte)'a', (byte)'f') | ByteSet.Range((byte)'A', (byte)'F');
    private static readonly ByteSet Continuation = ByteSet.Range(0x80, 0xBF);

    private readonly GrammarBuilder _builder;
    private readonly int _character;
    private readonly int _string;
    private readonly int _value;

    public JsonRules(GrammarBuilder builder)
    {
        _builder = builder;
        _character = builder.NewRule();
        builder.Define(_character, Character(GrammarBuilder.End));
        _string = builder.NewRule();
        builder.Define(_string, Quoted(next => builder.Repeat(Character, next), GrammarBuilder.End));
        _value = builder.NewRule();
        builder.Define(_value, builder.Choice(
            AnyObject(GrammarBuilder.End), AnyArray(GrammarBuilder.End), String(GrammarBuilder.End), Number(GrammarBuilder.End),
            Literal("true", GrammarBuilder.End), Literal("false", GrammarBuilder.End), Literal("null", GrammarBuilder.End)));
    }

    /// <summary>White space before the text: models that think first, or whose first token carries a space, begin with some.</summary>
    public int Opening(int next) => _builder.Repeat(tail => _builder.Bytes(ByteSet.Of(" \n"u8), tail), 0, 2, next);

    /// <summary>Nothing, a space, or a line break with its indentation.</summary>
    public int Space(int next) => _builder.Choice(
        next,
        _builder.Literal(" "u8, next),
        _builder.Literal("\n"u8, _builder.Repeat(tail => _builder.Bytes(ByteSet.Of(" \t"u8), tail), 0, MaxIndent, next)));

    public int Literal(string text, int next) => _builder.Literal(Encoding.UTF8.GetBytes(text), next);

    /// <summary>A value written out, as an enumeration has it.</summary>
    public int Constant(JsonElement value, int next) => Literal(JsonSerializer.Serialize(value, Plain), next);

    public int Value(int next) => _builder.Call(_value, next);

    public int AnyObject(int next) => ObjectOf(Value, next);

    /// <summary>An object of any keys, whose values are all of one kind.</summary>
    public int ObjectOf(Func<int, int> value, int next) =>
        Delimited('{', '}', tail => String(Space(_builder.Literal(":"u8, Space(value(tail))))), 0, null, next);

    public int AnyArray(int next) => Array(Value, 0, null, next);

    public int Array(Func<int, int> item, int minimum, int? maximum, int next) => Delimited('[', ']', item, minimum, maximum, next);

    public int String(int next) => _builder.Call(_string, next);

    /// <summary>A string of so many characters.</summary>
    public int String(int minimum, int? maximum, int next) =>
        Quoted(tail => _builder.Repeat(each => _builder.Call(_character, each), minimum, maximum, tail), next);

    /// <summary>A string with a given content, which takes characters as the string's text has them.</summary>
    public int Quoted(Func<int, int> content, int next) => _builder.Literal("\""u8, content(_builder.Literal("\""u8, next)));

    public int Number(int next)
    {
        var power = Digits(MaxExponentDigits, next);
        var exponent = _builder.Choice(next, _builder.Bytes(ByteSet.Of("eE"u8), _builder.Choice(power, _builder.Bytes(ByteSet.Of("+-"u8), power))));
        var fraction = _builder.Choice(exponent, _builder.Literal("."u8, Digits(MaxDigits, exponent)));
        return Integer(fraction);
    }

    public int Integer(int next)
    {
        var magnitude = _builder.Choice(
            _builder.Literal("0"u8, next),
            _builder.Bytes(ByteSet.Range((byte)'1', (byte)'9'), _builder.Repeat(tail => _builder.Bytes(Digit, tail), 0, MaxDigits - 1, next)));
        return _builder.Choice(magnitude, _builder.Literal("-"u8, magnitude));
    }

    private int Digits(int most, int next) => _builder.Repeat(tail => _builder.Bytes(Digit, tail), 1, most, next);

    private int Delimited(char open, char close, Func<int, int> item, int minimum, int? maximum, int next)
    {
        var end = Space(_builder.Literal([(byte)close], next));
        var rest = maximum == 0 ? end : _builder.Repeat(
            tail => Space(_builder.Literal(","u8, Space(item(tail)))), Math.Max(0, minimum - 1), maximum - 1, end);
        var filled = Space(item(rest));
        return _builder.Literal([(byte)open], maximum == 0 ? end : minimum > 0 ? filled : _builder.Choice(end, filled));
    }

    /// <summary>One character of a string: as itself in UTF-8, or escaped; surrogates only in pairs.</summary>
    private int Character(int next)
    {
        var one = _builder.Bytes(Continuation, next);
        var two = _builder.Bytes(Continuation, one);
        var three = _builder.Bytes(Continuation, two);
        return _builder.Choice(
            _builder.Bytes(ByteSet.Range(0x20, 0x7F).Without(ByteSet.Of("\"\\"u8)), next),
            _builder.Bytes(ByteSet.Range(0xC2, 0xDF), one),
            _builder.Literal([0xE0], _builder.Bytes(ByteSet.Range(0xA0, 0xBF), one)),
            _builder.Bytes(ByteSet.Range(0xE1, 0xEC) | ByteSet.Range(0xEE, 0xEF), two),
            _builder.Literal([0xED], _builder.Bytes(ByteSet.Range(0x80, 0x9F), one)),
            _builder.Literal([0xF0], _builder.Bytes(ByteSet.Range(0x90, 0xBF), two)),
            _builder.Bytes(ByteSet.Range(0xF1, 0xF3), three),
            _builder.Literal([0xF4], _builder.Bytes(ByteSet.Range(0x80, 0x8F), two)),
            _builder.Literal("\\"u8, Escape(next)));
    }

    private int Escape(int next)
    {
        var last = _builder.Bytes(Hex, next);
        var lastTwo = _builder.Bytes(Hex, last);
        var low = _builder.Literal("\\u"u8, _builder.Bytes(ByteSet.Of("dD"u8), _builder.Bytes(ByteSet.Of("cdefCDEF"u8), lastTwo)));
        var pair = _builder.Bytes(ByteSet.Of("89abAB"u8), _builder.Bytes(Hex, _builder.Bytes(Hex, low)));
        var surrogates = ByteSet.Of("dD"u8);
        return _builder.Choice(
            _builder.Bytes(ByteSet.Of("\"\\/bfnrt"u8), next),
            _builder.Literal("u"u8, _builder.Choice(
                _builder.Bytes(Hex.Without(surrogates), _builder.Bytes(Hex, lastTwo)),
                _builder.Bytes(surrogates, _builder.Choice(_builder.Bytes(ByteSet.Range((byte)'0', (byte)'7'), lastTwo), pair)))));
    }
}
