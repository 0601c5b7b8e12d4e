using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class RequestedPolicyTests
{
    [Theory]
    [InlineData(null, null, 8)]
    [InlineData(2.0, null, 16)]
    [InlineData(10.0, null, 80)]
    [InlineData(0.0001, null, 2)]
    [InlineData(2.0, 5, 5)]
    public void A_compute_multiplier_draws_so_many_times_as_many_answers_unless_their_number_is_given(double? multiplier, int? group, int expected) =>
        Assert.Equal(expected, RequestedPolicy.Resolve(new PolicyRequest { ComputeMultiplier = multiplier, GroupSize = group }, 128, 10).GroupSize);
}
