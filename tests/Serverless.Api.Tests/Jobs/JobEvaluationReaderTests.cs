using System.Text.Json;
using Serverless.Api.Jobs;
using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Api.Tests.Jobs;

public sealed class JobEvaluationReaderTests
{
    private const string Polite = """{"type": "string_check", "name": "polite", "operation": "ilike", "input": "{{sample.output_text}}", "reference": "please"}""";

    [Fact]
    public void Graders_and_the_condition_to_publish_arrive()
    {
        var request = Read($$"""{"graders": [{{Polite}}]}""", """{"metric": "polite", "minimum_gain": 0.05}""");
        Assert.Equal("polite", Assert.Single(request.Graders).GetProperty("name").GetString());
        Assert.Equal(new PublishCondition("polite", 0.05), request.PublishIf);
    }

    [Fact]
    public void The_grader_that_rewards_is_a_metric_and_no_other_may_have_its_name()
    {
        var request = Reinforced("{}", """{"metric": "polite"}""");
        Assert.Equal((new PublishCondition("polite", 0), 0), (request.PublishIf, request.Graders.Length));
        Assert.Equal(
            "evaluation.graders[0].name: found 'polite' a second time; allowed: a name that no other grader and none of loss, perplexity, token_accuracy, exact_match, reward_accuracy, reward_margin has",
            Assert.Throws<InputError>(() => Reinforced($$"""{"graders": [{{Polite}}]}""", "null")).Message);
    }

    [Fact]
    public void Nothing_is_graded_and_everything_published_unless_asked()
    {
        var request = JobRequestReader.Read(JsonDocument.Parse("""{"model": "m", "training_file": "f"}""").RootElement);
        Assert.Empty(request.Graders);
        Assert.Null(request.PublishIf);
        Assert.Equal(new PublishCondition("loss", 0), Read("{}", """{"metric": "loss"}""").PublishIf);
    }

    [Theory]
    [InlineData("""{"graders": {}}""", "null", "Invalid type for 'evaluation.graders': expected an array of graders, but got an object instead.")]
    [InlineData("""{"graders": [{"type": "exact"}]}""", "null", "evaluation.graders[0].type: found \"exact\"; allowed: string_check, text_similarity, number_match, format, score_model, label_model, multi")]
    [InlineData($$"""{"graders": [{{Polite}}, {{Polite}}]}""", "null", "evaluation.graders[1].name: found 'polite' a second time; allowed: a name that no other grader and none of loss, perplexity, token_accuracy, exact_match, reward_accuracy, reward_margin has")]
    [InlineData($$"""{"graders": [{{Polite}}]}""", """{"metric": "rude"}""", "Invalid value: 'rude'. Supported values are: 'loss', 'perplexity', 'token_accuracy', 'exact_match', 'reward_accuracy', 'reward_margin', and 'polite'.")]
    [InlineData("{}", "{}", "Missing required parameter: 'publish_if.metric'.")]
    [InlineData("{}", """{"metric": "loss", "minimum_gain": "a lot"}""", "Invalid type for 'publish_if.minimum_gain': expected a decimal, but got a string instead.")]
    [InlineData("{}", """{"metric": "loss", "minimum_gain": -0.1}""", "Invalid 'publish_if.minimum_gain': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.")]
    public void A_wrong_value_is_refused_with_its_place(string evaluation, string publishIf, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => Read(evaluation, publishIf)).Message);

    private static JobRequest Reinforced(string evaluation, string publishIf) =>
        Read(evaluation, publishIf, $$$"""{"type": "reinforcement", "reinforcement": {"grader": {{{Polite}}}}}""");

    private static JobRequest Read(string evaluation, string publishIf, string method = "null")
    {
        using var document = JsonDocument.Parse(
            $$"""{"model": "m", "training_file": "f", "method": {{method}}, "evaluation": {{evaluation}}, "publish_if": {{publishIf}}}""");
        return JobRequestReader.Read(document.RootElement);
    }
}
