using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Learning.Randomness;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Sampling.Grammars;

public sealed class PatternTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Tokenizer _tokenizer = Tokenizer.Load(Path.Combine(tiny.Folder, "tokenizer.json"));

    [Theory]
    [InlineData("^a+b?c{2,3}$")]
    [InlineData("^(ab|c(?:a|b)*)+$")]
    [InlineData("a.c")]
    [InlineData("^[^ab\\n]{1,3}$")]
    [InlineData("^a|b$")]
    [InlineData("^(a*)*c$")]
    [InlineData("^\\w\\d?[\\s\"\\\\]$")]
    [InlineData("^[b-é]+$")]
    [InlineData("")]
    public void A_pattern_takes_the_strings_that_a_regular_expression_finds_it_in(string pattern)
    {
        var grammar = Schema($$"""{"type": "string", "pattern": {{JsonSerializer.Serialize(pattern)}}}""");
        var regex = new Regex(pattern.Replace("$", "\\z", StringComparison.Ordinal), RegexOptions.ECMAScript, TimeSpan.FromSeconds(1));
        string[] alphabet = ["a", "b", "c", "a", "c", "a", "c", "1", " ", "\"", "\\", "\n", "é"];
        var (random, found) = (new Philox(1), 0);
        for (var index = 0; index < 4000; index++)
        {
            var length = (int)(random.UInt64((ulong)index) % 6);
            var text = string.Concat(Enumerable.Range(0, length).Select(place => alphabet[random.UInt64((ulong)(10_000 + index * 8 + place)) % (ulong)alphabet.Length]));
            var fits = regex.IsMatch(text);
            found += fits ? 1 : 0;
            Assert.True(fits == Accepts(grammar, JsonSerializer.Serialize(text, Plain)), text);
        }
        Assert.InRange(found, 1, 4000);
    }

    [Theory]
    [InlineData("^\\u{1F600}[\\u4e00-\\u9fff]$", "😀中", true)]
    [InlineData("^[^\\u4e00-\\u9fff]$", "中", false)]
    [InlineData("^[^\\u4e00-\\u9fff]$", "😀", true)]
    [InlineData("^.$", "\u2028", false)]
    public void Characters_beyond_ASCII_are_whole_ones(string pattern, string text, bool fits) =>
        Assert.Equal(fits, Accepts(Schema($$"""{"type": "string", "pattern": {{JsonSerializer.Serialize(pattern)}}}"""), $"\"{text}\""));

    [Theory]
    [InlineData("(?=a)", "look-around and other extensions of groups are not supported, at character 2")]
    [InlineData("(a)\\1", "the escape '\\1' is not supported, at character 5")]
    [InlineData("a^b", "'^' and '$' are supported at the beginning and end of the expression only")]
    [InlineData("a{2,1}", "a count of wrong order or above 1000, at character 6")]
    [InlineData("(a", "unmatched '(', at character 2")]
    [InlineData("[z-a]", "a range of wrong order, at character 4")]
    [InlineData("((a{1000}){1000}){1000}", "the expression has too many repetitions")]
    [InlineData("(((((){1000}){1000}){1000}){1000}){1000}", "the expression has too many repetitions")]
    [InlineData("(?<name", "a group's name without its end, at character 3")]
    [InlineData("x(?<y)", "a group's name without its end, at character 4")]
    public void What_is_no_regular_language_is_refused_with_its_place(string pattern, string reason)
    {
        var error = Assert.Throws<InputError>(() => Schema($$"""{"type": "string", "pattern": {{JsonSerializer.Serialize(pattern)}}}"""));
        Assert.Equal($"Invalid schema for response_format 'x': In context=(), the pattern '{pattern}' cannot be used: {reason}.", error.Message);
    }

    [Theory]
    [InlineData("(", "groups nested deeper than 64 levels, at character 64")]
    [InlineData("a*", null)]
    [InlineData("*", "a repetition of more than 64 repetitions, at character 65")]
    public void A_pattern_nested_without_end_is_refused_instead_of_overflowing_the_stack(string piece, string? reason)
    {
        var pattern = (piece == "*" ? "a" : "") + string.Concat(Enumerable.Repeat(piece, 20_000));
        var schema = $$"""{"type": "string", "pattern": "{{pattern}}"}""";
        if (reason is null)
            Assert.NotNull(Schema(schema));
        else
            Assert.EndsWith($"cannot be used: {reason}.", Assert.Throws<InputError>(() => Schema(schema)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("date", "2024-02-30")]
    [InlineData("time", "24:00:00Z")]
    [InlineData("date-time", "2024-01-01 10:00:00Z")]
    [InlineData("uuid", "123")]
    [InlineData("ipv4", "1.2.3.256")]
    [InlineData("duration", "P")]
    [InlineData("email", "a@b")]
    public void A_format_does_not_take_what_it_does_not_allow(string format, string text) =>
        Assert.False(Accepts(Schema($$"""{"type": "string", "format": "{{format}}"}"""), $"\"{text}\""));

    [Theory]
    [InlineData("date-time")]
    [InlineData("date")]
    [InlineData("time")]
    [InlineData("duration")]
    [InlineData("email")]
    [InlineData("hostname")]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    [InlineData("uuid")]
    public void What_a_format_lets_a_random_writer_write_is_of_that_format(string format)
    {
        var automaton = GrammarAutomaton.Of(Schema($$"""{"type": "string", "format": "{{format}}"}"""), _tokenizer);
        for (var seed = 0; seed < 60; seed++)
        {
            var (random, state, written) = (new Philox(seed), automaton.Start, new List<byte>());
            for (var place = 0ul; state.Continues; place++)
            {
                var bytes = Enumerable.Range(33, 94).Select(value => (byte)value).Where(value => !ReferenceEquals(automaton.After(state, value), GrammarState.Dead)).ToArray();
                written.Add(bytes[random.UInt64(place) % (ulong)bytes.Length]);
                state = automaton.After(state, written[^1]);
            }
            var text = JsonSerializer.Deserialize<string>(Encoding.UTF8.GetString([.. written]))!;
            Assert.True(format switch
            {
                "date-time" => DateTimeOffset.TryParse(text, out _) || text.StartsWith("0000", StringComparison.Ordinal) || text.Contains('+') || text.LastIndexOf('-') > 10,
                "date" => DateOnly.TryParse(text, out _) || text.StartsWith("0000", StringComparison.Ordinal),
                "time" => TimeOnly.TryParse(text[..8], out _),
                "duration" => text.Contains('W') || System.Xml.XmlConvert.ToTimeSpan(text) >= TimeSpan.Zero,
                "email" => System.Net.Mail.MailAddress.TryCreate(text, out _),
                "hostname" => Uri.CheckHostName(text) != UriHostNameType.Unknown,
                "ipv4" or "ipv6" => IPAddress.TryParse(text, out _),
                _ => Guid.TryParse(text, out _),
            }, text);
        }
    }

    private static Grammar Schema(string schema) => Grammar.FromSchema(JsonDocument.Parse(schema).RootElement, strict: false, "response_format 'x'", "response_format");

    private bool Accepts(Grammar grammar, string text)
    {
        var automaton = GrammarAutomaton.Of(grammar, _tokenizer);
        return automaton.After(automaton.Start, Encoding.UTF8.GetBytes(text)).Accepts;
    }
}
