using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class EvaluationMetricsTests
{
    private static readonly JsonElement Polite = JsonSerializer.SerializeToElement(
        new { type = "string_check", name = "polite", operation = "ilike", input = "{{sample.output_text}}", reference = "please" });

    [Theory]
    [InlineData(MethodType.Supervised, DatasetFormat.Chat, "exact_match", null)]
    [InlineData(MethodType.Supervised, DatasetFormat.PromptCompletion, "reward_margin", "allowed with prompt/completion data as validation_file: loss, perplexity, token_accuracy, exact_match")]
    [InlineData(MethodType.Dpo, DatasetFormat.Preference, "reward_accuracy", null)]
    [InlineData(MethodType.Dpo, DatasetFormat.Preference, "polite", "allowed with preference data as validation_file: loss, perplexity, token_accuracy, exact_match, reward_accuracy, reward_margin")]
    [InlineData(MethodType.Pretraining, DatasetFormat.PlainText, "exact_match", "allowed with .txt data as validation_file: loss, perplexity, token_accuracy")]
    [InlineData(MethodType.Distillation, DatasetFormat.Chat, "loss", null)]
    [InlineData(MethodType.Distillation, DatasetFormat.Reinforcement, "loss", "allowed with reinforcement data as validation_file: the name of one of evaluation.graders, of which there are none")]
    public void A_condition_needs_a_metric_that_the_kind_of_the_validation_file_has(MethodType method, DatasetFormat format, string metric, string? allowed)
    {
        var job = Job(method) with { PublishIf = new PublishCondition(metric, 0) };
        var fault = Record.Exception(() => EvaluationMetrics.Check(job, File(format)));
        Assert.Equal(allowed is null ? null : $"publish_if.metric: found '{metric}'; {allowed}", (fault as InputError)?.Message);
        Assert.Equal(allowed is null ? null : "publish_if.metric", (fault as InputError)?.Parameter);
    }

    [Fact]
    public void A_file_that_is_not_read_is_held_to_be_what_the_method_takes_unless_that_is_several_things()
    {
        var condition = new PublishCondition("loss", 0);
        EvaluationMetrics.Check(Job(MethodType.Distillation) with { PublishIf = condition }, File(null));
        Assert.Throws<InputError>(() => EvaluationMetrics.Check(Job(MethodType.Reinforcement) with { PublishIf = condition }, File(null)));
    }

    [Fact]
    public void Graders_have_nothing_to_grade_where_text_is_read()
    {
        var fault = Assert.Throws<InputError>(() => EvaluationMetrics.Check(Job(MethodType.Pretraining) with { Graders = [Polite] }, File(DatasetFormat.Text)));
        Assert.Equal("evaluation.graders: found 1; allowed with text data as validation_file: none, because nothing is answered that they could grade", fault.Message);
        EvaluationMetrics.Check(Job(MethodType.Reinforcement) with { Graders = [Polite], PublishIf = new PublishCondition("polite", 0) }, File(DatasetFormat.Reinforcement));
    }

    private static JobRecord Job(MethodType method) => TinyJob.Record(TimeProvider.System, JobStatus.ValidatingFiles) with { Method = new JobMethod { Type = method } };

    private static FileRecord File(DatasetFormat? format) => new()
    {
        Id = FileId.New(TimeProvider.System), Name = "valid.jsonl", Purpose = "fine-tune", Bytes = 1, Sha256 = "", CreatedAt = default,
        Report = format is { } found ? new DatasetScan { Format = new FormatFinding(found, "") } : null,
    };
}
