using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;
using static Serverless.Api.Tests.Jobs.JobRequestJson;

namespace Serverless.Api.Tests.Jobs;

/// <summary>What a request for reinforcement learning says.</summary>
public sealed class ReinforcementRequestTests
{
    [Fact]
    public void Reinforcement_takes_a_grader_and_what_the_papers_name()
    {
        var request = Read(With(Reinforcement("\"loss_type\": \"dapo\", \"group_size\": 16, \"temperature\": 0.9, \"max_completion_tokens\": 300, \"beta\": 0.001, \"reference_reset_steps\": 400, "
            + "\"epsilon_low\": 0.1, \"epsilon_high\": 0.3, \"updates_per_rollout\": 2, \"negative_weight\": 0.5, \"dynamic_sampling_rounds\": 3, \"overlong_filtering\": false, "
            + "\"length_penalty_tokens\": 50, \"reasoning_effort\": \"high\", \"compute_multiplier\": 2.5, \"eval_interval\": 5, \"eval_samples\": 4, \"batch_size\": 8")));

        Assert.Equal(MethodType.Reinforcement, request.Method.Type);
        Assert.Equal(8, request.Method.Hyperparameters.BatchSize);
        Assert.Equal("string_check", request.Method.Grader!.Value.GetProperty("type").GetString());
        Assert.Equal(
            new PolicyRequest
            {
                ComputeMultiplier = 2.5, LossType = LossType.Dapo, GroupSize = 16, Temperature = 0.9, MaxAnswerTokens = 300, Beta = 0.001, ReferenceResetSteps = 400, EpsilonLow = 0.1, EpsilonHigh = 0.3,
                UpdatesPerRollout = 2, NegativeWeight = 0.5, Resamples = 3, FilterOverlong = false, PenaltyTokens = 50, EvaluationInterval = 5, EvaluationSamples = 4, ReasoningEffort = "high",
            },
            request.Method.Policy);
    }

    [Theory]
    [InlineData("\"loss_type\": \"ppo\"", "Invalid value: 'ppo'. Supported values are: 'grpo', 'dapo', and 'dr_grpo'.", "loss_type")]
    [InlineData("\"group_size\": 1", "Invalid value for 'method.reinforcement.hyperparameters.group_size': expected 'auto' or an integer from 2 to 256, but got 1 instead.", "group_size")]
    [InlineData("\"temperature\": 3", "Invalid value for 'method.reinforcement.hyperparameters.temperature': expected 'auto' or a number above 0 and at most 2, but got 3 instead.", "temperature")]
    [InlineData("\"eval_interval\": 0", "Invalid value for 'method.reinforcement.hyperparameters.eval_interval': expected 'auto' or an integer from 1 to 2147483647, but got 0 instead.", "eval_interval")]
    [InlineData("\"negative_weight\": 1.5", "Invalid 'method.reinforcement.hyperparameters.negative_weight': decimal above maximum value. Expected a value <= 1, but got 1.5 instead.", "negative_weight")]
    [InlineData("\"compute_multiplier\": 0.00001", "Invalid value for 'method.reinforcement.hyperparameters.compute_multiplier': expected 'auto' or a number above 0.00001 and at most 10, but got 1E-05 instead.", "compute_multiplier")]
    [InlineData("\"reasoning_effort\": \"utmost\"", "Invalid value: 'utmost'. Supported values are: 'default', 'low', 'medium', and 'high'.", "reasoning_effort")]
    [InlineData("\"reference_reset_steps\": 400",
        "'method.reinforcement.hyperparameters.reference_reset_steps' resets the reference policy, and without a 'method.reinforcement.hyperparameters.beta' above 0 there is none: give one, or leave it out.",
        "reference_reset_steps")]
    [InlineData("\"reference_reset_steps\": 0, \"beta\": 0.1",
        "Invalid 'method.reinforcement.hyperparameters.reference_reset_steps': integer below minimum value. Expected a value >= 1, but got 0 instead.", "reference_reset_steps")]
    [InlineData("\"eval_samples\": 17", "Invalid value for 'method.reinforcement.hyperparameters.eval_samples': expected 'auto' or an integer from 1 to 16, but got 17 instead.", "eval_samples")]
    public void A_wrong_hyperparameter_of_reinforcement_is_refused(string field, string message, string name) =>
        Refused(With(Reinforcement(field)), message, $"method.reinforcement.hyperparameters.{name}");

    [Fact]
    public void A_grader_of_reinforcement_may_ask_a_model()
    {
        const string Judge = """{"type": "score_model", "name": "judge", "model": "m", "input": [{"role": "user", "content": "{{sample.output_text}}"}]}""";
        var request = Read(With("\"method\": {\"type\": \"reinforcement\", \"reinforcement\": {\"grader\": " + Judge + "}}"));
        Assert.Equal("judge", request.Method.Grader!.Value.GetProperty("name").GetString());
    }

    [Fact]
    public void Answers_of_reinforcement_may_be_held_to_a_form()
    {
        const string Form = """{"type": "json_schema", "json_schema": {"name": "team", "strict": true, "schema": {"type": "object", "properties": {"team": {"type": "string"}}, "required": ["team"], "additionalProperties": false}}}""";
        Assert.Equal(Form, Read(With(Formed(Form))).Method.ResponseFormat!.Value.GetRawText());
        Assert.Null(Read(With(Formed("null"))).Method.ResponseFormat);
    }

    [Theory]
    [InlineData("\"json\"", "Invalid type for 'method.reinforcement.response_format': expected an object, but got a string instead.", "")]
    [InlineData("{}", "Missing required parameter: 'method.reinforcement.response_format.type'.", ".type")]
    [InlineData("{\"type\": \"xml\"}", "Invalid value: 'xml'. Supported values are: 'json_object', 'json_schema', and 'text'.", ".type")]
    [InlineData("{\"type\": \"json_schema\"}", "Missing required parameter: 'method.reinforcement.response_format.json_schema'.", ".json_schema")]
    [InlineData("{\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"strict\": true, \"schema\": {\"type\": \"object\"}}}",
        "Invalid schema for response_format 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.", "")]
    public void A_wrong_form_of_answers_is_refused_with_its_place(string form, string message, string place) =>
        Refused(With(Formed(form)), message, $"method.reinforcement.response_format{place}");

    private static string Formed(string form) =>
        "\"method\": {\"type\": \"reinforcement\", \"reinforcement\": {\"response_format\": " + form + ", \"grader\": {\"type\": \"string_check\", \"name\": \"n\", "
        + "\"operation\": \"eq\", \"input\": \"{{sample.output_text}}\", \"reference\": \"{{item.answer}}\"}}}";
}
