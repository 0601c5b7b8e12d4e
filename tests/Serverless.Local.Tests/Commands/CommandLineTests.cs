using System.Collections.Immutable;
using Azure;
using Serverless.Learning;
using Serverless.Local.Commands;

namespace Serverless.Local.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();
    private readonly Recorder _serve = new("serve", []);
    private readonly List<ICommand> _more = [];
    private readonly Recorder _demo = new("demo", [new("--data", "FOLDER", "where"), new("--quiet", null, "says less")]);

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
    }

    private Task<int> RunAsync(params string[] words) =>
        new CommandLine([_serve, _demo, .. _more], _output, _errors).RunAsync(words, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Without_a_command_the_first_one_runs()
    {
        Assert.Equal(0, await RunAsync());
        Assert.NotNull(_serve.Arguments);
    }

    [Fact]
    public async Task Options_reach_the_command_with_a_space_or_an_equals_sign()
    {
        Assert.Equal(0, await RunAsync("demo", "--data", "here", "--quiet"));
        Assert.Equal("here", _demo.Arguments!.Text("--data"));
        Assert.True(_demo.Arguments.Has("--quiet"));
        await RunAsync("demo", "--data=a=b");
        Assert.Equal("a=b", _demo.Arguments!.Text("--data"));
    }

    [Theory]
    [InlineData("error: unknown command \"dmo\"; allowed: serve, demo", "dmo")]
    [InlineData("error: demo: unknown option \"--dta\"; allowed: --data, --quiet, --help", "demo", "--dta", "x")]
    [InlineData("error: serve: unknown option \"--data\"; allowed: --help", "--data", "x")]
    [InlineData("error: demo: unknown option \"x\"; allowed: --data, --quiet, --help", "demo", "x")]
    [InlineData("error: demo: --data needs a value (FOLDER)", "demo", "--data")]
    [InlineData("error: demo: --quiet takes no value", "demo", "--quiet=yes")]
    [InlineData("error: demo: --data is given twice", "demo", "--data", "a", "--data", "b")]
    public async Task A_word_it_does_not_know_gives_one_error_that_names_what_is_allowed(string message, params string[] words)
    {
        Assert.Equal(2, await RunAsync(words));
        Assert.Equal(message + Environment.NewLine, _errors.ToString());
        Assert.Null(_demo.Arguments);
    }

    [Fact]
    public async Task A_command_of_two_words_takes_its_operand_before_or_after_its_options()
    {
        var add = new Recorder("models add", [new("--name", "NAME", "what")]) { Operand = "FOLDER" };
        _more.AddRange([add, new Recorder("models list", [])]);
        Assert.Equal(0, await RunAsync("models", "add", "here", "--name", "x"));
        Assert.Equal(("here", "x"), (add.Arguments!.RequiredOperand("a folder"), add.Arguments.Text("--name")));
        Assert.Equal(0, await RunAsync("models", "add", "--name=x", "there"));
        Assert.Equal("there", add.Arguments!.RequiredOperand("a folder"));
        Assert.Equal(0, await RunAsync("models", "add", "--help"));
        Assert.StartsWith("usage: serverless models add FOLDER [options]\n", _output.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync("models", "add"));
        Assert.Equal("models add: a folder is missing; `serverless models add --help` says how to give it", Message(() => add.Arguments!.RequiredOperand("a folder")));
        foreach (var words in new[] { new[] { "models" }, ["models", "rm"], ["models", "add", "a", "b"] })
            Assert.Equal(2, await RunAsync(words));
        Assert.Equal(
            string.Concat(((string[])
            [
                "error: unknown command \"models\"; allowed: serve, demo, models add, models list",
                "error: unknown command \"models rm\"; allowed: serve, demo, models add, models list",
                "error: models add: unknown option \"b\"; allowed: --name, --help",
            ]).Select(line => line + Environment.NewLine)), _errors.ToString());
    }

    [Fact]
    public async Task Help_lists_the_commands_and_help_on_a_command_its_options()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.Contains("  serve  does serve\n  demo   does demo\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("demo", "--help"));
        Assert.Contains("  --data FOLDER  where\n  --quiet        says less\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_does_not_answer_is_one_line_and_not_called_a_fault_of_the_program()
    {
        var refused = new RequestFailedException("Connection refused (127.0.0.1:10000)");
        _serve.Failure = new AggregateException("Retry failed after 6 tries.", refused, refused);
        Assert.Equal(1, await RunAsync());
        Assert.Equal($"error: the storage does not answer: Connection refused (127.0.0.1:10000){Environment.NewLine}", _errors.ToString());
    }

    [Fact]
    public async Task A_fault_of_the_caller_ends_with_2_and_a_fault_of_ours_with_1()
    {
        _serve.Failure = new InputError("the data set is empty");
        Assert.Equal(2, await RunAsync());
        _serve.Failure = new InvalidOperationException("a defect");
        Assert.Equal(1, await RunAsync());
        Assert.StartsWith(
            $"error: the data set is empty{Environment.NewLine}error, a fault of the program: System.InvalidOperationException: a defect",
            _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_and_words_outside_the_allowed_ones_are_refused()
    {
        var arguments = new CommandArguments("demo", new Dictionary<string, string> { ["--rank"] = "0", ["--rate"] = "-1", ["--adapter"] = "lra" });
        Assert.Equal("demo: --rank: found \"0\"; allowed: a whole number from 1 to 256", Message(() => arguments.WholeNumber("--rank", 1, 256)));
        Assert.Equal("demo: --rate: found \"-1\"; allowed: a number above 0", Message(() => arguments.PositiveNumber("--rate")));
        Assert.Equal("demo: --adapter: found \"lra\"; allowed: lora, full", Message(() => arguments.OneOf("--adapter", "lora", "full")));
        Assert.Equal("demo: --train is missing; `serverless demo --help` lists the options", Message(() => arguments.Required("--train")));
    }

    private static string Message(Func<object?> read) => Assert.Throws<InputError>(read).Message;

    private sealed class Recorder(string name, ImmutableArray<CommandOption> options) : ICommand
    {
        public string Name => name;

        public string? Operand { get; init; }

        public string Summary => $"does {name}";

        public ImmutableArray<CommandOption> Options => options;

        public CommandArguments? Arguments { get; private set; }

        public Exception? Failure { get; set; }

        public Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
        {
            Arguments = arguments;
            return Failure is null ? Task.FromResult(0) : Task.FromException<int>(Failure);
        }
    }
}
