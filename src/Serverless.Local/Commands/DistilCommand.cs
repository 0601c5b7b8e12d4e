using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Learning.Models;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>
/// A teacher tuned on the sample task teaches a student made of a few of the base's layers, by its answers alone: both are scored on tickets
/// that share no sentence with those of the training.
/// </summary>
internal sealed class DistilCommand(IAnsiConsole console) : ICommand
{
    public string Name => "distil";

    public string Summary => "Tunes the sample model to route support tickets and lets it teach a student of a quarter of its size.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--layers", "NUMBER", "layers of the student, of the base's 7 (2)"),
        new("--vocabulary", "COUNT", "tokens of the student, of the base's 8192 (1024)"),
        new("--answers", "NUMBER", "answers of the teacher to each ticket (1)"),
        new("--epochs", "NUMBER", "passes of the student over the answers (auto)"),
        new("--seed", "NUMBER", "seed of the runs (1)"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var layers = arguments.WholeNumber("--layers", 1, 7) ?? 2;
        var vocabulary = arguments.WholeNumber("--vocabulary", 1, 8192) ?? 1024;
        var student = new ModelId(string.Create(CultureInfo.InvariantCulture, $"{SampleModel.Name}-{layers}-layers-{vocabulary}-tokens"));
        var lesson = Lesson(arguments, student);
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var run = new JobRun(head, client, console);
        await SeedStudentAsync(head, settings, student, folder => SmallerModel.Write(SampleModel.Folder, folder, layers, vocabulary), ct);

        var task = TicketTask.Write(Path.Combine(settings.Data, Name), TicketGenerator.Generate());
        lesson["training_file"] = await run.DropAsync(task.TrainPath, "distil/train.jsonl", ct);
        lesson["validation_file"] = await run.DropAsync(task.ValidationPath, "distil/validation.jsonl", ct);
        var tuning = new JsonObject
        {
            ["model"] = SampleModel.Name, ["suffix"] = "teacher", ["seed"] = lesson["seed"]!.DeepClone(), ["training_file"] = lesson["training_file"]!.DeepClone(),
        };
        var teacher = await run.RunAsync(tuning, $"{SampleModel.Name} becomes the teacher", ct);
        var name = teacher.GetProperty("fine_tuned_model").GetString()!;
        lesson["method"]!["distillation"]!["teacher"] = name;
        var taught = await run.RunAsync(lesson, $"{student} learns what {name} answers", ct);

        await ShowAsync(head, task, new ModelId(name), new ModelId(taught.GetProperty("fine_tuned_model").GetString()!), ct);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"In all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    /// <summary>The body of the student's job, without its files and the teacher.</summary>
    internal static JsonObject Lesson(CommandArguments arguments, ModelId student)
    {
        var hyperparameters = new JsonObject();
        if (arguments.WholeNumber("--epochs", 1, 50) is { } epochs)
            hyperparameters["n_epochs"] = epochs;
        return new JsonObject
        {
            ["model"] = student.Value,
            ["suffix"] = "student",
            ["seed"] = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1,
            ["method"] = new JsonObject
            {
                ["type"] = "distillation",
                ["distillation"] = new JsonObject
                {
                    ["n"] = arguments.WholeNumber("--answers", 1, 16) ?? 1,
                    ["max_completion_tokens"] = TestBench.MostAnswerTokens,
                    ["grader"] = new JsonObject
                    {
                        ["type"] = "string_check", ["name"] = "right", ["operation"] = "eq", ["input"] = "{{sample.output_text}}", ["reference"] = "{{item.messages[-1].content}}",
                    },
                    ["hyperparameters"] = hyperparameters,
                },
            },
        };
    }

    private static async Task SeedStudentAsync(LocalHead head, LocalSettings settings, ModelId student, Action<string> write, CancellationToken ct)
    {
        var folder = Path.Combine(settings.Data, "distil", student.Value);
        Learning.Native.NativeRuntime.EnsureLoaded();
        write(folder);
        await head.Services.GetRequiredService<ModelStore>().SeedBaseAsync(student.Value, folder, ct);
    }

    private async Task ShowAsync(LocalHead head, LabelledTask task, ModelId teacher, ModelId student, CancellationToken ct)
    {
        var (catalog, store) = (head.Services.GetRequiredService<ModelCatalog>(), head.Services.GetRequiredService<ModelStore>());
        var bench = new TestBench(catalog, store, head.Services.GetRequiredService<JobFolders>());
        var test = LabelledTask.Read(task.TestPath);
        var table = new Table().Border(TableBorder.Simple).AddColumn("on the held-out tickets")
            .AddColumn(new TableColumn("megabytes").RightAligned()).AddColumn(new TableColumn("loss").RightAligned()).AddColumn(new TableColumn("exactly right").RightAligned());
        foreach (var (name, model) in new[] { ("teacher", teacher), ("student", student) })
        {
            var scores = await bench.ScoreAsync(model, test, ct);
            table.AddRow(name, Text($"{(await catalog.FindAsync(model, ct))!.Bytes / 1e6:F1}"), Text($"{scores.Tokens.Loss:F3}"), ShareInterval.Text(scores.Exact));
        }
        console.Write(table);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
