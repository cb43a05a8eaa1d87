"""Regions (区划): the four-level tree 盟 / 旗(区) / 苏木(镇、街道) / 嘎查(村、社区), and functional zones."""
